# What the attempts of attempts.py are made of: %N numbers of system calls, %K of others, %P the surroundings.
use strict; use warnings; use Fcntl; use POSIX ();
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 IN6ADDR_ANY SOCK_NONBLOCK);
$| = 1;
sub call { my ($name, @copied) = @_; if (!$N{$name}) { $! = 38; return 0 } syscall($N{$name}, @copied) != -1 }
sub device { my ($kind, $major, $minor, $mode) = @_; my $path = "/device$$";
  my $format = $kind eq 'b' ? 0060600 : 0020600;
  syscall($K{mknodat}, -100, $path, $format, $major << 8 | $minor) != -1 or return 0;
  my $opened = sysopen(my $f, $path, $mode); my $error = $! + 0; unlink $path; $! = $error; $opened }
sub disk { my $path = "/disk$$";
  syscall($K{mknodat}, -100, $path, 0060600, $P{disk}[0] << 8 | $P{disk}[1]) != -1 or return 0;
  mkdir "/run/disk$$"; my $done = call('mount', $path, "/run/disk$$", 'ext4', 1, 0); my $error = $! + 0;
  unlink $path; $! = $error; $done }
sub rewrite { my ($path) = @_; there($path) or return 0; open(my $in, '<', $path) or return 0; my $held = <$in>; close $in;
  $held = $1 if $held =~ /\[(\w+)\]/; sysopen(my $out, $path, O_WRONLY) or return 0; defined syswrite($out, $held) }
sub there { return 1 if -e $_[0]; $! = 38; 0 }
sub first_byte { there($_[0]) or return 0; sysopen(my $f, $_[0], O_RDONLY) or return 0; my $n = sysread($f, my $b, 1); $n // 0 }
sub clock { my $t = "\0" x 256; syscall($N{adjtimex}, $t) != -1 or return 0;
  substr($t, 0, 4) = pack('L', 0x4000); syscall($N{adjtimex}, $t) != -1 }
sub touched { open(my $f, '>', '/dev/shm/t') ? 1 : 0 }
sub by_handle { my $h = pack('L l', 120, 0) . "\0" x 120; my ($id, $path) = (pack('l', 0), '/dev');
  syscall($N{name_to_handle_at}, -100, $path, $h, $id, 0) != -1 or return 0;
  open(my $d, '<', $path) or return 0; syscall($N{open_by_handle_at}, fileno($d), $h, 0) != -1 }
sub allow_devices { my $path = '/sys/fs/cgroup/devices/devices.allow'; there($path) or return 0;
  sysopen(my $f, $path, O_WRONLY) or return 0; defined syswrite($f, 'a') }
sub spared { open(my $f, '>', '/proc/self/oom_score_adj') or return 0; defined syswrite($f, '-1000') }
sub knock { my ($path) = @_; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or return 0; connect($s, pack_sockaddr_un($path)) }
# The roots of all processes that can be seen, but for those whose files are its own.
sub roots { opendir(my $d, '/proc') or return (); my $own = readlink '/proc/self/ns/mnt';
  map { "/proc/$_/root" } grep { /^\d+$/ && (readlink("/proc/$_/ns/mnt") // '') ne $own } readdir $d }
sub containerds { map { "$_[0]/run/$_/containerd.sock" } 'containerd', 'docker/containerd' }
sub strangers { my $own = readlink '/proc/self/ns/pid'; opendir(my $d, '/proc') or return 0;
  scalar grep { /^\d+$/ and (readlink("/proc/$_/ns/pid") // $own) ne $own } readdir $d }
# By the way that the routing table tells, or the link that an address names; then by each cable, whatever the table says.
# From the machine itself nothing is sent by its cables.
sub reach { my ($type, $address, $port) = @_; my $link = $address =~ s/%(.*)// ? $1 : '';
  my $six = $address =~ /:/; my $family = $six ? AF_INET6 : AF_INET;
  my $way = sub { my ($card) = @_; socket(my $s, $family, $type | SOCK_NONBLOCK, 0) or return ();
    $card eq '' or setsockopt($s, SOL_SOCKET, 25, "$card\0") or return ();
    my $to = $six ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_aton($address));
    ($type == SOCK_STREAM ? connect($s, $to) : send($s, 'x', 0, $to)) || $! == POSIX::EINPROGRESS() ? $s : () };
  socket(my $any, $family, $type, 0) or return 0;
  my $done = answered($type, $way->($link)) || answered($type, map { $way->($_) } cards()); $! = 0; $done }
# IPv4 takes each address for a neighbour's where a socket is bound to a cable, IPv6 only with a route.
sub routes { my ($word, @addresses) = @_; my $metric = 5000;
  for my $card (cards()) { $metric++; system("ip -6 route $word $_ dev $card metric $metric 2>/dev/null") for @addresses } }
sub cards { return () if readlink('/proc/self/ns/net') eq $P{network}; open(my $f, '<', '/proc/net/dev') or return ();
  grep { $_ ne 'lo' } map { /^\s*(\S+?):/ ? $1 : () } <$f> }
sub answered { my ($type, @open) = @_; my $end = time + 2;
  while (@open && time <= $end) { my ($ready, @left) = ('');
    vec($ready, fileno($_), 1) = 1 for @open;
    $type == SOCK_STREAM ? select(undef, $ready, undef, 0.2) : select($ready, undef, undef, 0.2);
    for my $s (@open) {
      if (!vec($ready, fileno($s), 1)) { push @left, $s; next }
      if ($type == SOCK_STREAM) { $! = unpack('i', getsockopt($s, SOL_SOCKET, SO_ERROR)); return 1 if $! == 0 }
      elsif (defined recv($s, my $told, 9, 0)) { return 1 if length $told } }
    @open = @left }
  0 }
# Take addresses for one's own, and answer there by TCP (which needs no accepting) and UDP.
sub answer { my ($port, @addresses) = @_; my @udp; our @served; my ($card) = (cards(), 'lo');
  my $six = socket(my $any, AF_INET6, SOCK_DGRAM, 0);
  for (grep { $six || !/:/ } @addresses) {
    system('ip', 'address', 'add', $_, 'dev', $card, /:/ ? 'nodad' : ()) == 0 or die "ip: $_" }
  for my $family (AF_INET, AF_INET6) { for my $type (SOCK_STREAM, SOCK_DGRAM) {
    socket(my $s, $family, $type, 0) or next; $family == AF_INET or setsockopt($s, 41, 26, pack('i', 1)) or die;
    bind($s, $family == AF_INET ? pack_sockaddr_in($port, INADDR_ANY) : pack_sockaddr_in6($port, IN6ADDR_ANY)) or die "bind: $!";
    if ($type == SOCK_STREAM) { listen($s, 99) or die; push @served, $s } else { push @udp, $s } } }
  for my $s (@udp) { if (!fork) { while (1) { my $from = recv($s, my $told, 9, 0); send($s, $told, 0, $from) if defined $from } } } }
sub begun { my ($name, $passed, $code) = @_; my $child = fork // die "fork: $!"; return $child if $child;
  alarm 30; $! = 0; my $ok = eval { $code->() }; my $error = $! + 0;
  if ($@) { print "$name\tbroken\t", $@ =~ s/\s+/ /gr, "\n"; POSIX::_exit(0) }
  my $said = $ok || grep($_ == $error, @$passed) ? 'done' : grep($_ == $error, 6, 19, 38, 95, 97) ? 'absent' : 'refused';
  print "$name\t$said\t$error\n"; POSIX::_exit(0) }
sub seen { my ($name, $child) = @_; waitpid $child, 0; print $name, $? == 14 ? "\tbroken" : "\trefused", "\tsignal\n" if $? }
sub attempt { seen($_[0], begun(@_)) }
# As many at once as a host with small limits bears: each address of the machine is tried in four ways.
my @beside; sub beside { ended() if @beside >= 40; push @beside, [$_[0], begun(@_)] }
sub ended { seen(@$_) for splice @beside }
open(my $status, '<', '/proc/self/status') or die; for (<$status>) { print "$1\t$2\t\n" if /^(CapBnd|Seccomp):\s*(\S+)/ }
if (open(my $f, '<', '/proc/self/attr/apparmor/current')) { my $own = <$f>; print "profile\t$1\t\n" if ($own // '') =~ /^(\S+)/ }
