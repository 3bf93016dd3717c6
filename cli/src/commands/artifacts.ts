import type { Artifact } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { saveAs } from '../downloads.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertLines } from '../inert.ts';
import { LIMIT_FLAG, printList, readLimit } from '../listing.ts';
import { note, print, printBytes, showBytes } from '../print.ts';

const TEXTUAL = /^(text\/|application\/(json|xml|x-ndjson)(;|$))/;
const MOST_SHOWN = 1024 * 1024;

async function list(input: Input): Promise<number> {
  const { client } = connect(input);
  await printList(input, client.artifacts.list({ limit: Math.min(readLimit(input), 100) }), {
    title: ['ID', 'BYTES', 'TYPE', 'CLASS', 'LABEL', 'NAME'],
    row: (one: Artifact) => [
      one.id,
      showBytes(one.bytes),
      one.media_type,
      one.data_class,
      `${one.integrity} ${one.confidentiality}`,
      one.name,
    ],
  });
  return status('ok');
}

/** Exact bytes to a file or a pipe. A terminal gets text made inert, and nothing else. */
async function get(input: Input): Promise<number> {
  const { client } = connect(input);
  const id = input.words[0] ?? '';
  const out = input.text('out');
  if (out !== undefined) {
    if (!(await saveAs(client, id, out)))
      throw new Stop('cannot_create', `${inert(out)} is there already; nothing is overwritten`);
    note(`saved ${inert(out)}`);
    return status('ok');
  }
  if (process.stdout.isTTY === true) {
    const artifact = await client.artifacts.get(id);
    if (!TEXTUAL.test(artifact.media_type) || artifact.bytes > MOST_SHOWN)
      throw new Stop(
        'usage',
        `a terminal is no place for ${showBytes(artifact.bytes)} of ${inert(artifact.media_type, 80)}; save it with --out FILE`,
      );
    const text = await new Response(await client.artifacts.content(id)).text();
    for (const line of inertLines(text, MOST_SHOWN)) print(line);
    return status('ok');
  }
  for await (const chunk of await client.artifacts.content(id)) await printBytes(chunk);
  return status('ok');
}

export const command: Command = {
  name: 'artifacts',
  about: 'List and fetch artifacts.',
  actions: {
    list: {
      usage: '',
      about: 'List artifacts, newest first.',
      words: { least: 0, most: 0 },
      flags: [LIMIT_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: list,
    },
    get: {
      usage: 'ID',
      about: 'Write the bytes of an artifact to stdout or to a file.',
      words: { least: 1, most: 1 },
      flags: [
        { name: 'out', short: 'o', value: 'FILE', about: 'File to write; one that is there is not overwritten.' },
        ...CONNECTION_FLAGS,
      ],
      run: get,
    },
  },
  notes: KEY_NOTES,
};
