# Encodes and decodes PDUs by Net::SMPP, without a socket. Reads a JSON array of jobs, writes one of results.
#   {"decode": hex}                                       -> {"command", "status", "seq", "values": {name or tag: hex}}
#   {"command", "pairs": [[name, hex or [hex]]], "seq"}   -> {"octets": hex}
# Every value goes as the hex of its octets, numbers as that of their digits: JSON changes nothing on the way.
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

# The wire is two strings.
package Wire;
our @ISA = ('Net::SMPP');
my ($incoming, $written) = ('', '');

sub new {
    my $self = bless Symbol::gensym(), shift;
    my $defaults = Net::SMPP::Default();
    ${*$self}{$_} = $defaults->{$_} for keys %$defaults;
    $self->set_version(0x34);
    return $self;
}

sub sysread {
    my ($self, undef, $length, $offset) = @_;
    my $chunk = substr $incoming, 0, $length, '';
    substr($_[1], $offset || 0) = $chunk;
    return length $chunk;
}

sub syswrite { $written .= $_[1]; return length $_[1] }

package main;

my $wire = Wire->new;

sub to_hex {
    my ($value) = @_;
    return ref $value ? [map { to_hex($_) } @$value] : unpack 'H*', defined $value ? $value : '';
}

sub from_hex {
    my ($value) = @_;
    return ref $value ? [map { from_hex($_) } @$value] : pack 'H*', $value;
}

sub decode {
    $incoming = pack 'H*', shift;
    my $pdu = $wire->read_pdu or return { error => 'unreadable' };
    my $spec = Net::SMPP::pdu_tab()->{ $pdu->{cmd} };
    my %values = map { $_ => to_hex($pdu->{$_}) } keys %$pdu;
    return { command => $spec->{cmd}, status => $pdu->{status}, seq => $pdu->{seq}, values => \%values };
}

sub encode {
    my ($job) = @_;
    my $command = $job->{command};
    my @pairs = map { $_->[0] => from_hex($_->[1]) } @{ $job->{pairs} };
    $written = '';
    $wire->$command(seq => $job->{seq}, async => 1, @pairs);
    return { octets => unpack 'H*', $written };
}

# It warns of tags that it does not know.
local $SIG{__WARN__} = sub { print STDERR $_[0] unless $_[0] =~ /^Unknown tag/ };
my $jobs = decode_json(do { local $/; <STDIN> });
print encode_json([map { exists $_->{decode} ? decode($_->{decode}) : encode($_) } @$jobs]);
