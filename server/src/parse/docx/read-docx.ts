// Reads a Word document: the parts that hold text, never its macros, objects, images or anything that it points to.

import type { ReadableDocument } from '../document.ts';
import { clip, clipOrNull, countWords, isoDate, MOST_TEXT } from '../limits.ts';
import { ParseError } from '../parse-error.ts';
import { ZipFile } from '../zip.ts';
import { BodyWriter } from './body.ts';
import { Numbering, readStyles } from './numbering.ts';
import { walkXml } from './xml.ts';

const MOST_TARGETS = 10_000;

interface Relation {
  readonly type: string;
  readonly target: string;
  readonly external: boolean;
}

function readRelations(bytes: Uint8Array | undefined): Map<string, Relation> {
  const relations = new Map<string, Relation>();
  if (bytes === undefined) return relations;
  walkXml(bytes, {
    open: (name, { Id, Type = '', Target = '', TargetMode }) => {
      if (name !== 'Relationship' || Id === undefined || relations.size >= MOST_TARGETS) return;
      relations.set(Id, {
        type: Type.slice(Type.lastIndexOf('/') + 1),
        target: Target,
        external: TargetMode === 'External',
      });
    },
  });
  return relations;
}

/** The part that the package names as its document: `word/document.xml` by custom only. */
function findMain(zip: ZipFile): string {
  const relations = readRelations(zip.read('_rels/.rels'));
  const main = [...relations.values()].find((each) => each.type === 'officeDocument' && !each.external);
  const path = main?.target.replace(/^\//, '') ?? 'word/document.xml';
  if (!path.startsWith('word/') || !zip.has(path))
    throw new ParseError('media_type_mismatch', 'the archive holds no Word document');
  return path;
}

function readProperties(bytes: Uint8Array | undefined): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  if (bytes === undefined) return properties;
  let at = '';
  walkXml(bytes, {
    open: (name) => {
      at = name;
    },
    text: (text) => {
      if (at !== '' && properties.size < 50) properties.set(at, `${properties.get(at) ?? ''}${text}`.slice(0, 5_000));
    },
    close: () => {
      at = '';
    },
  });
  return properties;
}

export function readDocx(bytes: Uint8Array): ReadableDocument {
  const zip = new ZipFile(bytes);
  const main = findMain(zip);
  const relations = readRelations(zip.read(main.replace(/([^/]+)$/, '_rels/$1.rels')));
  const targets = new Map([...relations].filter(([, each]) => each.external).map(([id, each]) => [id, each.target]));
  const body = new BodyWriter(
    readStyles(zip.read('word/styles.xml')),
    new Numbering(zip.read('word/numbering.xml')),
    targets,
  );
  walkXml(zip.read(main) ?? new Uint8Array(), body);
  const properties = readProperties(zip.read('docProps/core.xml'));
  const markdown = body.markdown();
  const kept = markdown.slice(0, MOST_TEXT).toWellFormed();
  return {
    title: clip(properties.get('dc:title')) || body.title,
    byline: clipOrNull(properties.get('dc:creator')),
    lang: clipOrNull(properties.get('dc:language'), 40),
    published: isoDate(properties.get('dcterms:created')?.trim()),
    markdown: kept,
    links: body.links.list(),
    wordCount: countWords(kept),
    mode: 'readable',
    truncated: body.full() || markdown.length > MOST_TEXT,
    charset: 'utf-8',
    pages: null,
  };
}
