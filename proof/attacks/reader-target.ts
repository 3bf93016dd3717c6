// SSRF by way of a reader service: the page to be read is an inner address, by literal, by mapped form and by name.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEgressGuard } from '../../libs/egress/src/egress.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

const TARGETS = [
  'http://10.0.0.5/admin',
  'http://[::ffff:192.168.1.1]/',
  'http://intranet.example/wiki',
  'http://2130706433:8080/',
];

async function run(setting: Setting): Promise<Outcome> {
  const asked: string[] = [];
  const service = createServer((request, response) => {
    asked.push(decodeURIComponent(request.url ?? '').slice(1));
    response.end('# A page');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  const guard = createEgressGuard(
    {
      profile: 'reader',
      allowAddresses: [`127.0.0.1/32:${port}`],
      lookup: async (host) => (host === 'intranet.example' ? ['172.16.4.4'] : ['93.184.216.34']),
    },
    setting,
  );
  const codes: string[] = [];
  try {
    const reader = guard.reader({ origin: `http://127.0.0.1:${port}` });
    for (const target of TARGETS)
      await reader.read(target).then(
        () => codes.push('read'),
        (error: unknown) => codes.push(String((error as { code?: unknown }).code)),
      );
    return {
      succeeded: asked.length > 0,
      evidence: `${asked.length} of ${TARGETS.length} were read (${codes.join(', ')})`,
    };
  } finally {
    await guard.close();
    service.closeAllConnections();
    await new Promise((resolve) => service.close(resolve));
  }
}

export const readerTarget: Attack = {
  id: 'reader-target',
  promise: 3,
  threat: 'SSRF via a reader service (Jina scrape)',
  outer: 'every URL, name and answer judged by the numeric classifier',
  inner: 'every address judged again by the second classifier',
  run,
};
