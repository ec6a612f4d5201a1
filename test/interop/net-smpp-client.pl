# A client on Net::SMPP: binds to the port given, with the password given, sends a message that wants a receipt, takes
# the receipt and one message, asks for the link, unbinds. Says on its output, a JSON object a line, what it got.
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

$| = 1;
my ($port, $password) = @ARGV;

sub report { print encode_json({@_}), "\n" }

my ($smpp, $bound) = Net::SMPP->new_transceiver(
    '127.0.0.1',
    port              => $port,
    system_id         => 'perl',
    password          => $password,
    interface_version => 0x34,
    async             => 0,
);
report(bind => $bound ? $bound->{status} : -1, system_id => $bound ? $bound->{system_id} : '');
exit 0 if !$bound || $bound->{status};

my $submitted = $smpp->submit_sm(
    source_addr         => 'Shop',
    source_addr_ton     => 5,
    destination_addr    => '447700900123',
    registered_delivery => 1,
    short_message       => 'Hello from Perl',
);
report(submit => $submitted->{status}, message_id => $submitted->{message_id});

for my $n (1, 2) {
    my $pdu = $smpp->read_pdu() or die 'the link is gone';
    report(deliver => $pdu->{short_message}, esm_class => $pdu->{esm_class}, source_addr => $pdu->{source_addr});
    $smpp->deliver_sm_resp(seq => $pdu->{seq}, message_id => '');
}
report(enquire_link => $smpp->enquire_link()->{status});
report(unbind => $smpp->unbind()->{status});
