// The forms in which a secret that the process holds may turn up: plain, percent-encoded, base64, hex, JSON-escaped (RD8).

const SHORTEST = 6;

export function knownForms(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  const bytes = Buffer.from(secret);
  const forms = [secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)];
  forms.push(bytes.toString('hex'), bytes.toString('hex').toUpperCase());
  // Inside a longer base64 text the secret may start at any of three alignments; the characters it shares are left out.
  for (const shift of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
    const whole = Math.floor((padded.length * 8) / 6);
    const core = padded.toString('base64').slice(Math.ceil((shift * 8) / 6), whole);
    forms.push(core, core.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms.filter((form) => form.length >= SHORTEST);
}
