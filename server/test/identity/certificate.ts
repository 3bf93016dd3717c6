// A self-signed certificate of one address for a day (X.509, RFC 5280), made afresh: no key lies in the repository.
import { generateKeyPairSync, sign } from 'node:crypto';

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}
const list = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const name = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const at = (ms: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));

const ECDSA_WITH_SHA256 = list(name('2a8648ce3d040302'));
const DAY_MS = 86_400_000;

/** PEM of a key and of a certificate for an IPv4 address, which is its own authority. */
export function certify(address: string): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const who = list(der(0x31, list(name('550403'), der(0x0c, Buffer.from('an issuer of a test')))));
  const addresses = list(der(0x87, Buffer.from(address.split('.').map(Number))));
  const authority = list(der(0x01, Buffer.of(0xff)));
  const body = list(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(7)),
    ECDSA_WITH_SHA256,
    who,
    list(at(Date.now() - DAY_MS), at(Date.now() + DAY_MS)),
    who,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      list(
        list(name('551d11'), der(0x04, addresses)),
        list(name('551d13'), der(0x01, Buffer.of(0xff)), der(0x04, authority)),
      ),
    ),
  );
  const signature = der(0x03, Buffer.of(0), sign('sha256', body, privateKey));
  const text = list(body, ECDSA_WITH_SHA256, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
  };
}
