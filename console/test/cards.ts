// Cards of held calls: one that leaves nothing out, and one that is harmless.
import type { ApprovalCard } from '@sallyport/contracts';

const LONG = `Dear customer, ${'the refund of your order is on its way. '.repeat(30)}\u202eyawa ti dnes\u202c`;

export const MAIL: ApprovalCard = {
  tool: 'mail.send',
  effect: 'send',
  arguments: [
    {
      path: 'to',
      role: 'target',
      shown: 'help@sh0p.example',
      ground: 'none',
      sources: [{ kind: 'tool', call_id: 'call_1_1', tool: 'web.scrape', path: 'links[0].url' }],
      flags: ['looks_like_stated'],
      findings: [],
    },
    {
      path: 'subject',
      role: 'content',
      shown: 'Refund for order 4411',
      ground: 'stated',
      sources: [{ kind: 'prompt', part: 'task', from: 4, to: 19 }],
      flags: [],
      findings: [],
    },
    {
      path: 'body',
      role: 'content',
      shown: LONG,
      ground: 'none',
      sources: [],
      flags: [],
      findings: [{ kind: 'bidi', count: 2 }],
    },
  ],
  why: [
    {
      code: 'target_unjustified',
      arg: 'to',
      sources: [],
      detail: 'Private data would go to an address that you did not give.',
    },
  ],
  irreversible: 'What is sent cannot be taken back.',
  rule: { untrusted: true, private: true, leaves: true },
};

export const READ: ApprovalCard = {
  tool: 'web.scrape',
  effect: 'egress',
  arguments: [
    { path: 'url', role: 'target', shown: 'https://b.example/', ground: 'none', sources: [], flags: [], findings: [] },
  ],
  why: [{ code: 'target_unjustified', sources: [], detail: 'A page chose the address.' }],
  irreversible: 'What the request carries cannot be taken back.',
  rule: { untrusted: true, private: false, leaves: true },
};
