// Owns the settings of the ways out: ranges of one's own that are opened, and lists that hold for every tenant.
// Promises that nothing private is open unless it is named here, and that a tenant can only narrow what these lists say.
// Must never be read anywhere but in the table of settings.
import { parseHostRule } from '@sallyport/egress';
import { list, oneOf } from './setting-readers.ts';

const RANGE = /^\[?[0-9a-fA-F:.]+\]?\/\d{1,3}(:\d{1,5})?$/;

function isHostRule(text: string): boolean {
  try {
    parseHostRule(text);
    return true;
  } catch {
    return false;
  }
}

const RULES = 'hosts as NAME[:PORT] or *.NAME[:PORT], separated by commas';

export const EGRESS_SETTINGS = {
  egressAllow: {
    env: 'SALLYPORT_EGRESS_ALLOW',
    flag: 'egress-allow',
    about:
      'Own address ranges that agents may call, each with an optional port; everything private is refused otherwise.',
    expected: 'ranges as ADDRESS/BITS[:PORT], separated by commas',
    example: '10.20.0.0/16:443,127.0.0.1/32:8080',
    fallback: '',
    parse: list((item) => RANGE.test(item)),
  },
  egressProfile: {
    env: 'SALLYPORT_EGRESS_PROFILE',
    flag: 'egress-profile',
    about:
      'Where agents of any tenant may go: `open` is everywhere but what is denied, `internal` is the list of hosts alone.',
    expected: 'open or internal',
    example: 'internal',
    fallback: 'open',
    parse: oneOf('open', 'internal'),
  },
  egressAllowHosts: {
    env: 'SALLYPORT_EGRESS_ALLOW_HOSTS',
    flag: 'egress-allow-hosts',
    about: 'Hosts that agents of any tenant may call under SALLYPORT_EGRESS_PROFILE=internal.',
    expected: RULES,
    example: '*.example.com,api.partner.example:8443',
    fallback: '',
    parse: list(isHostRule),
  },
  egressDenyHosts: {
    env: 'SALLYPORT_EGRESS_DENY_HOSTS',
    flag: 'egress-deny-hosts',
    about: 'Hosts that agents of no tenant may call, whatever else allows them.',
    expected: RULES,
    example: '*.competitor.example',
    fallback: '',
    parse: list(isHostRule),
  },
} as const;
