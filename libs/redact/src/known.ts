// Finds the secrets that the process holds by their value, in each form in which they may turn up (RD8).

const SHORTEST = 6;
const SHORTEST_LINE = 16;
const SLOTS = 1 << 16;

function htmlEscaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' }[mark]};`);
}

/** Plain, percent-encoded, JSON- and HTML-escaped, hex, base64 and base64url at each of the three alignments. */
export function knownForms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const percent = encodeURIComponent(secret.toWellFormed());
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = [secret, percent, form, json, JSON.stringify(json).slice(1, -1), htmlEscaped(secret)];
  forms.push(
    ...[percent, form].map((text) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  );
  for (const shift of [0, 1, 2]) {
    // Inside a longer text the characters at either end also carry bits of the neighbours, so they are left out.
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
    const core = padded.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((padded.length * 8) / 6));
    forms.push(core, core.replaceAll('+', '-').replaceAll('/', '_'));
  }
  // A key of several lines may be shown line by line.
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'));
  if (lines.length > 1) forms.push(...lines);
  return [...new Set(forms)].filter((text) => text.length >= SHORTEST);
}

export interface KnownSecrets {
  add(secret: string): void;
  /** Adds the range of each occurrence to `edits`, as pairs of offsets. */
  find(text: string, edits: number[]): void;
}

function slotOf(first: number, second: number, third: number): number {
  return ((first << 9) ^ (second << 5) ^ third) & (SLOTS - 1);
}

export function createKnownSecrets(): KnownSecrets {
  const slots = new Uint8Array(SLOTS);
  const byStart = new Map<number, string[]>();
  let shortest = Number.POSITIVE_INFINITY;
  return {
    add(secret) {
      if (secret.length < SHORTEST) return;
      for (const form of knownForms(secret)) {
        const slot = slotOf(form.charCodeAt(0), form.charCodeAt(1), form.charCodeAt(2));
        const same = byStart.get(slot) ?? [];
        if (same.includes(form)) continue;
        slots[slot] = 1;
        // Longest first, so that a form inside a longer one does not leave a rest behind.
        byStart.set(
          slot,
          [...same, form].sort((a, b) => b.length - a.length),
        );
        shortest = Math.min(shortest, form.length);
      }
    },
    find(text, edits) {
      const last = text.length - shortest;
      let first = text.charCodeAt(0);
      let second = text.charCodeAt(1);
      for (let at = 0; at <= last; at++) {
        const third = text.charCodeAt(at + 2);
        const slot = slotOf(first, second, third);
        first = second;
        second = third;
        if (slots[slot] === 0) continue;
        const form = byStart.get(slot)?.find((each) => text.startsWith(each, at));
        if (form === undefined) continue;
        edits.push(at, at + form.length);
        at += form.length - 1;
        first = text.charCodeAt(at + 1);
        second = text.charCodeAt(at + 2);
      }
    },
  };
}
