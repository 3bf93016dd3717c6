// Labels of the tools that a Sallyport server ships, as data.
import type { ToolLabels } from './tool-label.ts';

const OWN_ID = { integrity: 'trusted', confidentiality: 'public' } as const;

export const BUILT_IN_LABELS: ToolLabels = {
  'web.scrape': {
    effect: 'egress',
    args: { url: { role: 'target', always: true }, format: 'meta', max_bytes: 'meta' },
    output: {
      integrity: 'untrusted',
      confidentiality: 'public',
      fields: { artifact_id: OWN_ID, status: OWN_ID, bytes: OWN_ID, sha256: OWN_ID },
      links: ['links[*].url', 'links[*].href', 'links[*]'],
    },
  },
  'http.request': {
    effect: 'egress',
    args: { url: { role: 'target', always: true }, method: 'meta', body: 'content', '*': 'target' },
    output: { integrity: 'untrusted', confidentiality: 'private' },
  },
  'artifact.read': {
    effect: 'read',
    args: {
      artifact_id: { role: 'target', kind: 'record', always: true, otherwise: 'block' },
      offset: 'meta',
      length: 'meta',
    },
    output: { integrity: 'trusted', confidentiality: 'public', asStored: true, fields: { artifact_id: OWN_ID } },
    backEnd: 'ours',
  },
  'artifact.write': {
    effect: 'write',
    args: { name: 'meta', media_type: 'meta', content: { role: 'content', inert: true } },
    output: { integrity: 'trusted', confidentiality: 'public', fields: { artifact_id: OWN_ID } },
    backEnd: 'ours',
  },
  'artifact.list': {
    effect: 'read',
    args: { type: 'meta', filter: 'query' },
    output: {
      integrity: 'trusted',
      confidentiality: 'public',
      asStored: true,
      fields: { 'items[*].artifact_id': OWN_ID },
    },
    backEnd: 'ours',
  },
  'entity.find': {
    effect: 'read',
    args: { type: { role: 'param', granted: 'entityTypes' }, filter: 'query' },
    output: {
      integrity: 'trusted',
      confidentiality: 'public',
      asStored: true,
      fields: { 'items[*].entity_id': OWN_ID },
    },
    backEnd: 'ours',
  },
  'entity.save': {
    effect: 'write',
    args: {
      type: { role: 'param', granted: 'entityTypes' },
      attributes: 'content',
      evidence: { role: 'target', kind: 'record', always: true, otherwise: 'block' },
    },
    output: { integrity: 'trusted', confidentiality: 'public', fields: { entity_id: OWN_ID } },
    backEnd: 'ours',
  },
};
