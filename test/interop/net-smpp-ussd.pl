# A USSD gateway on Net::SMPP: dials a code as soon as somebody is bound, answers the first screen with "1", and says on its
# output, a JSON object a line, on which port it listens and which screens came.
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

$| = 1;
my $session = 0x2468;
my $screens = 0;

sub report { print encode_json({@_}), "\n" }

sub say_ussd {
    my ($link, $operation, $text) = @_;
    $link->deliver_sm(
        async            => 1,
        service_type     => 'USSD',
        source_addr      => '447700900123',
        source_addr_ton  => 1,
        source_addr_npi  => 1,
        destination_addr => '100',
        short_message    => $text,
        ussd_service_op  => pack('C', $operation),
        its_session_info => pack('n', $session),
    );
}

my %answers = (
    Net::SMPP::CMD_bind_transceiver() => sub {
        my ($link, $pdu) = @_;
        $link->bind_transceiver_resp(
            seq                  => $pdu->{seq},
            status               => 0,
            system_id            => 'perl',
            sc_interface_version => pack('C', 0x34),
        );
        say_ussd($link, 1, '*100#');
    },
    Net::SMPP::CMD_submit_sm() => sub {
        my ($link, $pdu) = @_;
        report(
            screen       => $pdu->{short_message},
            service_type => $pdu->{service_type},
            operation    => unpack('C', $pdu->{ussd_service_op}),
            session      => unpack('H*', $pdu->{its_session_info}),
        );
        $link->submit_sm_resp(seq => $pdu->{seq}, message_id => 'perl-' . ++$screens);
        say_ussd($link, 18, '1') if $screens == 1;
    },
    Net::SMPP::CMD_enquire_link() => sub { $_[0]->enquire_link_resp(seq => $_[1]->{seq}) },
    Net::SMPP::CMD_unbind()       => sub { $_[0]->unbind_resp(seq => $_[1]->{seq}) },
    Net::SMPP::CMD_deliver_sm_resp() => sub { },
);

my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, timeout => undef) or die "no listener: $!";
report(port => $listener->sockport);
while (1) {
    my $link = $listener->accept or next;
    while (my $pdu = $link->read_pdu) {
        my $answer = $answers{ $pdu->{cmd} };
        $answer->($link, $pdu) if $answer;
    }
    $link->close;
}
