// Reader services fetch for us, from their own network: the target they are given is judged here, as if we went ourselves (R19).
import { EgressError } from './egress-error.ts';
import { demandPermit } from './hop.ts';
import { takeUrl } from './intake.ts';
import type { Judge } from './judge.ts';
import type { EgressResponse, FetchInit } from './policy.ts';
import type { Rules } from './rules.ts';
import type { SocketDoor } from './socket-door.ts';

/** Query names that carry secrets, without regard to case, hyphen, underscore and dot. */
const SECRET_NAMES = [
  'accesskey accesskeyid accesstoken apikey apitoken auth authkey authorization authtoken bearer clientsecret credential credentials',
  'csrf hmac idtoken jwt key oauthtoken otp passcode passphrase passwd password pat privatekey pwd refreshtoken samlresponse secret',
  'secretkey session sessionid sessiontoken sid sig signature ticket token xamzcredential xamzsecuritytoken xamzsignature',
  'xgoogcredential xgoogsignature xapikey subscriptionkey webhooksecret',
].flatMap((line) => line.split(' '));

export interface ReaderOptions {
  /** Where the service listens: `https://r.jina.ai/`. */
  readonly origin: string;
  /** More query names that are refused, beside those that are known to carry secrets. */
  readonly secretNames?: readonly string[];
}

export interface EgressReader {
  /** Judges the target fully, its DNS answers included, and reads it through the service. Throws `EgressError` only. */
  read(target: string, init?: FetchInit): Promise<EgressResponse>;
}

export function createReader(
  options: ReaderOptions,
  rules: Rules,
  judge: Judge,
  door: SocketDoor | undefined,
  send: (url: string, init: FetchInit) => Promise<EgressResponse>,
): EgressReader {
  const home = takeUrl(options.origin, rules.schemes).url;
  if (home.pathname !== '/' || home.search !== '' || home.hash !== '')
    throw new TypeError('the reader is an origin without path or query');
  const secret = new Set([...SECRET_NAMES, ...(options.secretNames ?? []).map(plain)]);
  return {
    read: async (text, init = {}) => {
      const target = takeUrl(text, rules.schemes);
      // Nothing is stripped: a link with a secret in it is a different page without it, and the caller should know.
      for (const name of namesIn(target.url))
        if (secret.has(plain(name))) throw new EgressError('credentials', 'a query name that carries a secret');
      const { permit, ...onward } = init;
      demandPermit(permit, target, 0);
      const judged = await judge(target, 0);
      // The service connects where we cannot see: the inner door judges the answers in place of the peer.
      for (const remote of judged.addresses) {
        const peer = { remote, local: undefined, port: judged.port, literal: judged.literal !== undefined };
        if (door !== undefined && door(peer) !== 'pass')
          throw new EgressError('address', 'the target is not a public address');
      }
      return send(`${home.origin}/${encodeURIComponent(judged.url.href)}`, onward);
    },
  };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Names in the query and in the fragment, split at `;` as well, since some servers read it so. */
function namesIn(url: URL): string[] {
  return [url.search.slice(1), url.hash.slice(1).replace(/^[^?]*\?/, '')].flatMap((part) => [
    ...new URLSearchParams(part.replaceAll(';', '&')).keys(),
  ]);
}
