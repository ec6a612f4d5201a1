# A centre on Net::SMPP, one link at a time. Says on its output, a JSON object a line, on which port it listens,
# who bound and which PDUs came. Every message gets a receipt; the text "unbind" makes it unbind the client.
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

$| = 1;
my $count = 0;
# What is known of each message, by its id.
my %messages;

sub report { print encode_json({@_}), "\n" }

sub submitted {
    my ($link, $pdu) = @_;
    my $text = $pdu->{short_message};
    my $id = 'perl-' . ++$count;
    # It has no names for the TLVs of vendors, and keeps them by their number.
    my @tags = sort grep { /^\d+$/ && $_ >= 0x1400 } keys %$pdu;
    my $tlvs = join ' ', map { sprintf('0x%04x=%s', $_, unpack('H*', $pdu->{$_})) } @tags;
    report(submit => $id, tlvs => $tlvs, text => unpack('H*', $text), map { $_ => $pdu->{$_} } qw(esm_class data_coding destination_addr));
    my @busy = $text eq 'busy' ? (congestion_state => pack('C', 95)) : ();
    $messages{$id} = { map { $_ => $pdu->{$_} } qw(source_addr source_addr_ton source_addr_npi) };
    $messages{$id}{state} = 1;
    $link->submit_sm_resp(seq => $pdu->{seq}, message_id => $id, @busy);
    $link->deliver_sm(
        async            => 1,
        source_addr      => $pdu->{destination_addr},
        destination_addr => $pdu->{source_addr},
        esm_class        => 4,
        short_message    => "id:$id sub:001 dlvrd:001 submit date:2611270200 done date:2611270201 stat:DELIVRD err:000",
        receipted_message_id => "$id\0",
        message_state        => pack('C', 2),
        # What has no name it writes as a number of two octets.
        @tags ? (0x1503 => 404) : (),
    ) if $pdu->{registered_delivery} & 1;
    $link->unbind(async => 1) if $text eq 'unbind';
}

# The message that a request is about: its id and sender must be right.
sub about {
    my ($pdu) = @_;
    my $message = $messages{ $pdu->{message_id} } or return;
    for my $field (qw(source_addr source_addr_ton source_addr_npi)) {
        return if $message->{$field} ne $pdu->{$field};
    }
    return $message;
}

sub queried {
    my ($link, $pdu) = @_;
    my $message = about($pdu);
    $link->query_sm_resp(
        seq           => $pdu->{seq},
        status        => $message ? 0 : 0x67,
        message_id    => $pdu->{message_id},
        final_date    => $message && $message->{state} > 1 ? '261127020300000+' : '',
        message_state => $message ? $message->{state} : 0,
        error_code    => 0,
    );
}

sub cancelled {
    my ($link, $pdu) = @_;
    my $message = about($pdu);
    my $ok = $message && $message->{state} == 1;
    $message->{state} = 4 if $ok;
    $link->cancel_sm_resp(seq => $pdu->{seq}, status => $ok ? 0 : 0x11);
}

sub replaced {
    my ($link, $pdu) = @_;
    my $message = about($pdu);
    my $ok = $message && $message->{state} == 1;
    report(replace => $pdu->{message_id}, text => unpack('H*', $pdu->{short_message})) if $ok;
    $link->replace_sm_resp(seq => $pdu->{seq}, status => $ok ? 0 : 0x13);
}

my %answers = (
    Net::SMPP::CMD_bind_transceiver() => sub {
        my ($link, $pdu) = @_;
        report(bind => $pdu->{system_id}, password => $pdu->{password});
        my $status = $pdu->{password} eq 'secret' ? 0 : 0x0e;
        $link->bind_transceiver_resp(
            seq                  => $pdu->{seq},
            status               => $status,
            system_id            => 'perl',
            sc_interface_version => pack('C', 0x34),
        );
    },
    Net::SMPP::CMD_submit_sm()    => \&submitted,
    Net::SMPP::CMD_submit_multi() => sub {
        my ($link, $pdu) = @_;
        report(multi => join(',', map { $_ // '' } @{ $pdu->{destination_addr} }), flags => join(',', @{ $pdu->{dest_flag} }));
        $link->submit_multi_resp(
            seq               => $pdu->{seq},
            message_id        => 'perl-multi',
            dest_addr_ton     => [1],
            dest_addr_npi     => [1],
            destination_addr  => ['447700900124'],
            error_status_code => [0x0b],
        );
    },
    Net::SMPP::CMD_data_sm() => sub {
        my ($link, $pdu) = @_;
        report(data => unpack('H*', $pdu->{message_payload}), map { $_ => $pdu->{$_} } qw(esm_class destination_addr));
        $link->data_sm_resp(seq => $pdu->{seq}, message_id => 'perl-data');
    },
    Net::SMPP::CMD_query_sm()     => \&queried,
    Net::SMPP::CMD_cancel_sm()    => \&cancelled,
    Net::SMPP::CMD_replace_sm()   => \&replaced,
    Net::SMPP::CMD_enquire_link() => sub { $_[0]->enquire_link_resp(seq => $_[1]->{seq}) },
    Net::SMPP::CMD_unbind()       => sub { report(unbind => 1); $_[0]->unbind_resp(seq => $_[1]->{seq}) },
    Net::SMPP::CMD_unbind_resp()  => sub { report(unbind_resp => 1) },
    Net::SMPP::CMD_deliver_sm_resp() => sub { report(deliver_sm_resp => $_[1]->{status}) },
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
