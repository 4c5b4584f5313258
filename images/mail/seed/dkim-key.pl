# Prints the RSA key that signs the company's mail, derived from a text: its public half stands in the zone of a lab, so
# it has to be the same wherever the image is built. It protects nothing but labs.
use strict;
use warnings;
use Digest::SHA 'sha256_hex';
use Math::BigInt;

my $round = 0;

# A prime of 1024 bits with its two highest bits set, so that the product of two has exactly 2048.
sub prime {
    while (1) {
        my $hex = join '', map { sha256_hex('signature of the labs, ' . $round++) } 1 .. 4;
        substr $hex, 0, 1, sprintf '%x', hex(substr $hex, 0, 1) | 12;
        substr $hex, -1, 1, sprintf '%x', hex(substr $hex, -1, 1) | 1;
        next if Math::BigInt->from_hex($hex)->bdec->bmod(65537)->is_zero;
        return Math::BigInt->from_hex($hex) if `openssl prime -hex $hex` =~ /is prime/;
    }
}

my ($e, $p, $q) = (Math::BigInt->new(65537), prime(), prime());
my ($p1, $q1) = ($p->copy->bdec, $q->copy->bdec);
my $d = $e->copy->bmodinv($p1->copy->bmul($q1));
my @numbers = (0, $p->copy->bmul($q), $e, $d, $p, $q, $d->copy->bmod($p1), $d->copy->bmod($q1), $q->copy->bmodinv($p));

# RSAPrivateKey of RFC 8017, appendix A.1.2, as openssl's asn1parse generates it.
print "asn1 = SEQUENCE:key\n[key]\n";
print "n$_ = INTEGER:$numbers[$_]\n" for 0 .. $#numbers;
