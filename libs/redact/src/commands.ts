// Knows the arguments of common programs that carry secrets without saying so: `-u user:password`, `mysql -p…` (RD6).

/** For each program the short flags whose argument is a secret, joined or as the next word. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  'redis-cli': ['-a'],
  sshpass: ['-p'],
  docker: ['-p'],
  podman: ['-p'],
  nerdctl: ['-p'],
  helm: ['-p'],
  az: ['-p'],
  oc: ['-p'],
  mongo: ['-p'],
  mongosh: ['-p'],
  mongodump: ['-p'],
  mongorestore: ['-p'],
  mosquitto_pub: ['-P'],
  mosquitto_sub: ['-P'],
  sqlcmd: ['-P'],
  bcp: ['-P'],
  isql: ['-P'],
  zip: ['-P'],
  unzip: ['-P'],
  '7z': ['-p'],
  '7za': ['-p'],
  ldapsearch: ['-w'],
  ldapmodify: ['-w'],
  ldapadd: ['-w'],
  openssl: ['-k', '-K', '-pass', '-passin', '-passout'],
  mysql: ['-p'],
  mysqldump: ['-p'],
  mysqladmin: ['-p'],
  mariadb: ['-p'],
  'mariadb-dump': ['-p'],
  ipmitool: ['-P'],
  xfreerdp: ['-p'],
  rdesktop: ['-p'],
  'cassandra-cli': ['-pw'],
  cqlsh: ['-p'],
  clickhouse: [],
  influx: ['-t'],
  vault: [],
  htpasswd: [],
  ncftpput: ['-p'],
  lftp: [],
  vncviewer: [],
};
/** `docker run -p 80:80` publishes a port; only these commands take a password. */
const LOGIN_ONLY = new Set(['docker', 'podman', 'nerdctl', 'helm', 'az', 'oc']);
/** Their `-p` is a secret only when joined to it. */
const JOINED_ONLY = new Set(['mysql', 'mysqldump', 'mysqladmin', 'mariadb', 'mariadb-dump', '7z', '7za']);
const COOKIE_PROGRAMS = new Set(['curl', 'http', 'https']);

export const PROGRAM = new RegExp(
  `(?:^|[\\s/"'|;&(])(?:curl|wget|http|https|${Object.keys(FLAGS).join('|')})(?:\\.exe)?["']?\\s`,
);

function programOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1).replace(/\.exe$/, '');
}

export interface Argument {
  readonly index: number;
  /** Offset in that word at which the secret begins. */
  readonly from: number;
}

/** The secret words of a command, which may hold several programs. */
export function secretArguments(words: readonly string[]): Argument[] {
  const found: Argument[] = [];
  let program = '';
  let login = false;
  for (const [index, word] of words.entries()) {
    const called = programOf(word);
    if (Object.hasOwn(FLAGS, called) || COOKIE_PROGRAMS.has(called) || called === 'wget') {
      program = called;
      login = false;
    }
    login ||= word === 'login';
    const before = words[index - 1] ?? '';
    if (/^(?:-u|-U|--user|--proxy-user)$/.test(before) && /^[^\s:/%]{0,100}[:%](?!\d{1,6}$)/.test(word)) {
      found.push({ index, from: word.search(/[:%]/) + 1 });
    } else if (/^(?:-u[^\s:=-][^\s:]{0,99}:|--(?:proxy-)?user=[^\s:]{0,100}:)/.test(word)) {
      found.push({ index, from: word.indexOf(':') + 1 });
    } else if (COOKIE_PROGRAMS.has(program) && (before === '-b' || before === '--cookie') && word.includes('=')) {
      found.push({ index, from: 0 });
    } else if (
      program === 'htpasswd' &&
      index === words.length - 1 &&
      words.some((each) => /^-[a-zA-Z]*b/.test(each))
    ) {
      found.push({ index, from: 0 });
    } else if (!LOGIN_ONLY.has(program) || login) {
      const flags = FLAGS[program] ?? [];
      const joined = flags.find(
        (flag) => word.startsWith(flag) && word.length > flag.length && flag.length === 2 && word[2] !== '=',
      );
      if (flags.includes(before) && !JOINED_ONLY.has(program) && !/^-[a-zA-Z]$/.test(word))
        found.push({ index, from: /^(?:pass|env|file):/.exec(word)?.[0].length ?? 0 });
      else if (joined !== undefined && program !== 'openssl') found.push({ index, from: joined.length });
    }
  }
  return found;
}

const PIPED =
  /\becho\s{1,4}(?:-n\s{1,4})?["']?([^\s"'|]{1,4096})["']?\s{0,4}\|[^|\n]{0,200}?--(?:password-stdin|with-token)/g;
const SET =
  /\bsecrets? (?:set|put|create|add)\s[^\n|]{0,120}?\s(?:--body|-b|--value|--secret-string|--data)[ =]["']?([^\s"']{1,4096})/g;
const WORD = /"[^"\n]{0,4096}"?|'[^'\n]{0,4096}'?|[^\s"']{1,4096}/g;

export function maskCommands(text: string, edits: number[]): void {
  for (const pattern of [PIPED, SET]) {
    for (const match of text.matchAll(pattern)) {
      const value = match[1] ?? '';
      const start = match.index + (pattern === SET ? match[0].length - value.length : match[0].indexOf(value));
      if (value !== '[redacted]') edits.push(start, start + value.length);
    }
  }
  if (!PROGRAM.test(text) && !/\s(?:-u|-U|--user)[ =]/.test(text)) return;
  const words: string[] = [];
  const offsets: number[] = [];
  for (const match of text.matchAll(WORD)) {
    const quoted = /^["']/.test(match[0]);
    words.push(quoted ? match[0].replace(/^["']|["']$/g, '') : match[0]);
    offsets.push(match.index + (quoted ? 1 : 0));
  }
  for (const { index, from } of secretArguments(words)) {
    const word = words[index] ?? '';
    const start = (offsets[index] ?? 0) + from;
    if (word.length > from && word.slice(from) !== '[redacted]') edits.push(start, start + word.length - from);
  }
}
