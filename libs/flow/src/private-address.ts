// Hosts of the machine itself and of its own network, as far as a name or a literal shows (R12). Names are judged again when they resolve, elsewhere.

const NAMES = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|localdomain)\.?$/i;

function isPrivateV4(host: string): boolean | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host);
  if (match === null) return undefined;
  const [a = 0, b = 0] = match.slice(1).map(Number);
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true;
  if (a === 100) return b >= 64 && b <= 127;
  if (a === 172) return b >= 16 && b <= 31;
  if (a === 169) return b === 254;
  return (a === 192 && (b === 168 || b === 0)) || (a === 198 && (b === 18 || b === 19));
}

/** Only global unicast is let through, and no form that carries an older address inside. */
function isPrivateV6(host: string): boolean {
  const inner = host.slice(1, -1).toLowerCase();
  if (!/^[23][0-9a-f]{3}:/.test(inner)) return true;
  return /^(?:2002:|2001:0{0,3}:|2001:0?db8:|2001::)/.test(inner);
}

/** Takes a normalised URL: the parser has already turned `0x7f.1` and `2130706433` into `127.0.0.1`. */
export function isPrivateUrl(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? '';
  if (host === '') return true;
  if (host.startsWith('[')) return isPrivateV6(host);
  return isPrivateV4(host) ?? (NAMES.test(host) || !host.includes('.'));
}
