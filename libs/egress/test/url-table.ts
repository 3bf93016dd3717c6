// The table of URLs and DNS answers, blocked and allowed, by the rule that decides. Codes are what the guard must answer.
import type { EgressCode } from '../src/egress.ts';

export type UrlRow = readonly [url: string, code: EgressCode | 'allow'];
/** The answers of DNS for one public name. */
export type AnswerRow = readonly [answers: readonly string[], code: EgressCode | 'allow'];

const lines = (code: UrlRow[1], text: string): UrlRow[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => [line, code]);

/** One address of each refused IPv4 block, at and inside its borders. */
const INNER_V4 =
  `0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.0.1 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255
198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16`.split(/\s+/);
/** Their neighbours outside, which are the public internet. */
const OUTER_V4 =
  `1.0.0.1 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.255.255 169.255.0.1 172.15.255.255
172.32.0.1 192.0.1.1 192.0.3.1 192.88.98.1 192.88.100.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 198.51.99.1
198.51.101.1 203.0.112.1 203.0.114.1 223.255.255.255 168.63.129.15 168.63.129.17 8.8.8.8`.split(/\s+/);

const octets = (address: string): number[] => address.split('.').map(Number);
const hex = (address: string): string[] => octets(address).map((part) => part.toString(16).padStart(2, '0'));
const words = (address: string): string => {
  const [a, b, c, d] = hex(address);
  return `${a}${b}:${c}${d}`;
};
/** The ways in which the URL standard, or IPv6, writes an IPv4 address. */
const FORMS: readonly ((address: string) => string)[] = [
  (address) => address,
  (address) => String(octets(address).reduce((sum, part) => sum * 256 + part, 0)),
  (address) => `0x${hex(address).join('')}`,
  (address) =>
    octets(address)
      .map((part) => `0${part.toString(8)}`)
      .join('.'),
  (address) => `[::ffff:${address}]`,
  (address) => `[::ffff:${words(address)}]`,
  (address) => `[64:ff9b::${words(address)}]`,
  (address) => `[2606:4700::5efe:${words(address)}]`,
];
const inForms = (addresses: readonly string[], code: UrlRow[1], forms: typeof FORMS): UrlRow[] =>
  addresses.flatMap((address) => forms.map((form): UrlRow => [`http://${form(address)}/`, code]));

const TRICKS: readonly UrlRow[] = [
  ...lines(
    'address',
    `http://127.1/
     http://0177.1/
     http://0x7f.1/
     http://127.0.0.1./
     http://127.0.0.1:8080/
     http://１２７.０.０.１/
     http://127。0。0。1/
     http://①②⑦.⓪.⓪.①/
     http://0x7f000001/latest/
     http://[::]/
     http://[::1]/
     http://[0:0:0:0:0:0:0:1]/
     http://[::127.0.0.1]/
     http://[::7f00:1]/
     http://[::ffff:0:127.0.0.1]/
     http://[::ffff:0:8.8.8.8]/
     http://[64:ff9b:1::a00:1]/
     http://[64:ff9b:1:a00:0:100::]/
     http://[64:ff9b:1:ffff::1]/
     http://[64:ff9b:0:0:0:1:808:808]/
     http://[100::1]/
     http://[100:0:0:1::1]/
     http://[2001::1]/
     http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/
     http://[2001:2::1]/
     http://[2001:1ff:ffff::1]/
     http://[2001:db8::1]/
     http://[2001:0db8:ffff:ffff:ffff:ffff:ffff:ffff]/
     http://[2002:7f00:1::]/
     http://[2002:a00:1::1]/
     http://[2002:a9fe:a9fe::]/
     http://[3fff::1]/
     http://[3fff:fff:ffff::1]/
     http://[4000::1]/
     http://[5f00::1]/
     http://[8000::1]/
     http://[fc00::1]/
     http://[fd00:ec2::254]/
     http://[fd20:ce::254]/
     http://[fdff:ffff::1]/
     http://[fe80::1]/
     http://[fe80::a9fe:a9fe]/
     http://[febf::1]/
     http://[fec0::1]/
     http://[ff02::1]/
     http://[ff0e::1]/
     http://[2606:4700::200:5efe:a00:1]/
     http://[2606:4700:0:0:0:5efe:7f00:1]/
     http://[1::1]/
     http://100.100.100.200/
     http://169.254.170.2/v2/credentials`,
  ),
  ...lines(
    'host',
    `http://localhost/
     http://LOCALHOST/
     http://localhost./
     http://localhost:8080/
     http://ｌｏｃａｌｈｏｓｔ/
     http://a.localhost/
     http://a.b.localhost./
     http://localhost.localdomain/
     http://localdomain/
     http://printer.local/
     http://PRINTER.LOCAL./
     http://metadata.google.internal/computeMetadata/v1/
     http://metadata.google.internal./
     http://vault.internal/
     http://ip-10-0-0-1.ec2.internal/
     http://router.home.arpa/
     http://home.arpa/
     http://nas.lan/
     http://x.onion/
     http://intranet/
     http://metadata/
     http://kubernetes/
     http://xn--a/
     http://postgres:8080/
     http://a..b.example/
     http://example.com../
     http://-a.example.com/
     http://a-.example.com/
     http://%31%32%37.0.0.1/
     http://exam%70le.com/
     http://127.0.0.1%2f.example.com/
     http://[fe80::1%25eth0]/
     http://a${'a'.repeat(63)}.example.com/
     http://${'a.'.repeat(130)}example.com/
     http://*.example.com/`,
  ),
  ...lines(
    'url',
    `example.com
     //example.com/
     /path
     ?query
     http:
     http:/
     http://
     http:///example.com/
     http:example.com
     http:/example.com
     https:example.com
     http://?x
     http://#x
     http://example.com\\@127.0.0.1/
     http://127.0.0.1\\.example.com/
     http:\\\\example.com\\
     http://example.com\\/
     https://example.com/a\\b
     http://exam\tple.com/
     http://example.com:65536/
     http://example.com:x/
     http://example.com:80:80/
     http://1.2.3.4.5/
     http://1.2.3.256/
     http://0x100000000/
     http://foo.127/
     http://a.0x7f/
     http://[::1/
     http://::1/
     http://[::1]x/
     http://[127.0.0.1]/
     http://[::ffff:1.2.3.4.5]/
     http://exa mple.com/
     http://exa<mple.com/
     http://exa^mple.com/`,
  ),
  ['', 'url'],
  [' http://example.com/', 'url'],
  ['http://example.com/\r\nX: y', 'url'],
  ['http://example.com\u0000/', 'url'],
  ['http://example.com/\u007f', 'url'],
  ['http://example.com/?a=\n', 'url'],
  ['\u0001http://example.com/', 'url'],
  ['http://example.com/#\u001f', 'url'],
  [`http://example.com/${'a'.repeat(8_000)}`, 'url'],
  ...lines(
    'scheme',
    `ftp://example.com/
     file:///etc/passwd
     gopher://example.com:70/_x
     javascript:alert(1)
     data:text/html,x
     blob:http://example.com/x
     ws://example.com/
     wss://example.com/
     dict://example.com:11211/
     ldap://example.com/
     jar:http://example.com!/
     view-source:http://example.com/
     unix:///var/run/docker.sock
     about:blank
     httpx://example.com/`,
  ),
  ...lines(
    'credentials',
    `http://user@example.com/
     http://user:password@example.com/
     http://:password@example.com/
     http://@example.com/
     http://:@example.com/
     http://example.com@127.0.0.1/
     http://127.0.0.1@example.com/
     http://example.com:80@127.0.0.1:8080/
     http://a@b@example.com/
     http://example.com%40x@127.0.0.1/`,
  ),
  ...[0, 1, 7, 21, 22, 23, 25, 53, 79, 81, 110, 111, 135, 139, 143, 389, 445, 465, 514, 587, 993, 995, 1023].map(
    (port): UrlRow => [`http://example.com:${port}/`, 'port'],
  ),
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6667, 6669, 6679, 6697, 10080].map(
    (port): UrlRow => [`https://example.com:${port}/`, 'port'],
  ),
];

const PASSES: readonly UrlRow[] = lines(
  'allow',
  `http://example.com/
   https://example.com/
   HTTPS://EXAMPLE.COM/
   http://example.com
   http://example.com./
   http://example.com:80/
   http://example.com:443/
   https://example.com:8443/
   http://example.com:1024/
   http://example.com:65535/
   http://example.com:/
   https://example.com/a b
   https://example.com/a|b
   https://example.com/{a}^
   https://example.com/?x=\\y
   https://example.com/#\\y
   https://example.com/?u=http://127.0.0.1/
   https://example.com/http://169.254.169.254/
   https://example.com/@user
   https://example.com/?a=b@c
   https://example.com/#@127.0.0.1
   https://example.com/%00
   https://example.com/%0d%0a
   https://example.com/ü/日本
   https://example.com/?q=日本
   https://example.com?x
   https://example.com#x
   https://bücher.example/
   https://日本語.example/
   https://xn--bcher-kva.example/
   http://localhost.example.com/
   http://local.example.com/
   http://internal.example.com/
   http://lan.example.com/
   http://onion.example.com/
   http://home.arpa.example.com/
   http://notlocalhost.example/
   http://mylocal.example/
   http://a.internals.example/
   http://fda.gov/
   http://fc00.example/
   http://fe80.example/
   http://10.com/
   http://127.example/
   http://127.0.0.1.example.com/
   http://192-168-0-1.example.com/
   http://1password.example/
   http://0x7f.example/
   http://a_b.example.com/
   http://_dmarc.example.com/
   http://a--b.example.com/
   http://${'a'.repeat(63)}.example.com/
   http://a.b.c.d.e.f.g.h.i.j.example.com/
   http://[2606:4700:4700::1111]/
   http://[2606:4700:4700::1111]:8080/
   http://[2a00:1450:4001:81c::200e]/
   http://[2001:4860:4860::8888]/
   http://[2001:200::1]/
   http://[2003::1]/
   http://[3ffe::1]/
   http://[2606:4700::1111:5efe:a00:1]/
   http://[2606:4700::5eff:a00:1]/`,
);

export const URL_ROWS: readonly UrlRow[] = [
  ...inForms(INNER_V4, 'address', FORMS),
  ...inForms(
    OUTER_V4,
    'allow',
    [FORMS[0], FORMS[1], FORMS[6]].filter((form) => form !== undefined),
  ),
  ...TRICKS,
  ...PASSES,
];

const PUBLIC = ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'];
export const ANSWER_ROWS: readonly AnswerRow[] = [
  [PUBLIC, 'allow'],
  [['93.184.215.14'], 'allow'],
  [['2606:2800:21f:cb07:6820:80da:af6b:8b2c'], 'allow'],
  [['::ffff:93.184.215.14'], 'allow'],
  [['64:ff9b::5db8:d70e'], 'allow'],
  [[...PUBLIC, ...PUBLIC], 'allow'],
  [Array.from({ length: 64 }, (_, at) => `93.184.215.${at + 1}`), 'allow'],
  [Array.from({ length: 65 }, (_, at) => `93.184.215.${at + 1}`), 'dns'],
  [[], 'dns'],
  [[''], 'dns'],
  [['nonsense'], 'dns'],
  [['127.1'], 'dns'],
  [['2130706433'], 'dns'],
  [['0x7f000001'], 'dns'],
  [['0177.0.0.1'], 'dns'],
  [['93.184.215.014'], 'dns'],
  [['93.184.215.14 '], 'dns'],
  [['fe80::1%eth0'], 'dns'],
  [['example.com'], 'dns'],
  [['[::1]'], 'dns'],
  [['93.184.215.14', 'nonsense'], 'dns'],
  [['93.184.215.14', ''], 'dns'],
  ...INNER_V4.flatMap((address): AnswerRow[] => [
    [[address], 'address'],
    [['93.184.215.14', address], 'address'],
    [[...PUBLIC, `::ffff:${address}`], 'address'],
  ]),
  ...[
    '::1',
    '::',
    'fc00::1',
    'fe80::1',
    'ff02::1',
    'fec0::1',
    '2002:7f00:1::',
    '2001:db8::1',
    '64:ff9b:1::1',
    'fd00:ec2::254',
  ].map((address): AnswerRow => [[...PUBLIC, address], 'address']),
];
