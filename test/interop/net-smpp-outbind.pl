# Either end of an outbind on Net::SMPP. `call PORT PASSWORD`: an SMSC that connects to the port, sends an outbind, lets
# the client bind, gives it a message and unbinds. `listen`: a client that says on which port it listens, binds as receiver
# when it is asked to, and takes one message. Each says on its output, a JSON object a line, what it saw.
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

$| = 1;
my ($role, $port, $password) = @ARGV;

sub report { print encode_json({@_}), "\n" }

if ($role eq 'call') {
    my $link = Net::SMPP->new_connect('127.0.0.1', port => $port, async => 1) or die "no connection: $!";
    $link->outbind(system_id => 'centre', password => $password);
    my $bind = $link->read_pdu or do { report(closed => 1); exit 0 };
    report(command => $bind->{cmd}, map { $_ => $bind->{$_} } qw(system_id password));
    $link->bind_receiver_resp(seq => $bind->{seq}, system_id => 'perl');
    $link->deliver_sm(
        async            => 1,
        source_addr      => '447700900123',
        destination_addr => '70123',
        short_message    => 'Hello from Perl',
    );
    my $answer = $link->read_pdu;
    report(deliver_sm_resp => $answer->{status});
    $link->unbind(async => 1);
    my $last = $link->read_pdu;
    report(unbind_resp => $last->{status});
} else {
    my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, timeout => undef) or die "no listener: $!";
    report(port => $listener->sockport);
    my $link = $listener->accept or die "nobody: $!";
    my $outbind = $link->read_pdu or die 'the link is gone';
    report(command => $outbind->{cmd}, map { $_ => $outbind->{$_} } qw(system_id password));
    $link->bind_receiver(async => 1, system_id => 'perl', password => 'secret', seq => 1);
    my $bound = $link->read_pdu or die 'the link is gone';
    report(bind => $bound->{status});
    my $pdu = $link->read_pdu or die 'the link is gone';
    report(deliver => $pdu->{short_message});
    $link->deliver_sm_resp(seq => $pdu->{seq}, message_id => '');
    my $last = $link->read_pdu or exit 0;
    $link->unbind_resp(seq => $last->{seq});
    report(unbind => 1);
}
