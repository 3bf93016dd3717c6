// The one cookie. Every Set-Cookie of the product is made here, by one setting: the public URL (S11).
import { fault } from '../../errors.ts';

/** The longest a session can last; its real end is kept by the database. */
const MOST_AGE_SECONDS = 7 * 86_400;

export interface SessionCookie {
  readonly name: string;
  /** Values of `Set-Cookie`. */
  set(token: string): string;
  readonly clear: string;
  /** The token that came with a request. Two of one name are refused: a neighbour under the same domain may have planted one. */
  read(header: string | undefined): string | undefined;
}

/**
 * `__Host-` (RFC 6265bis, 4.1.3.2) keeps other hosts of the domain from setting it, and asks for the whole path. Without TLS, on
 * loopback only, that prefix cannot be had; there the path of the public URL is kept.
 */
export function sessionCookie(publicUrl: URL | undefined): SessionCookie {
  const secure = publicUrl?.protocol === 'https:';
  const name = secure ? '__Host-sallyport' : 'sallyport';
  const path = secure ? '/' : (publicUrl?.pathname ?? '/');
  const make = (value: string, age: number): string =>
    `${name}=${value}; Path=${path}; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
  return {
    name,
    set: (token) => make(token, MOST_AGE_SECONDS),
    clear: make('', 0),
    read: (header) => {
      const values = (header ?? '').split(';').flatMap((pair) => {
        const at = pair.indexOf('=');
        return at !== -1 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
      });
      if (values.length > 1) throw fault('conflicting_credentials', { detail: 'the cookie was sent twice' });
      return values[0];
    },
  };
}
