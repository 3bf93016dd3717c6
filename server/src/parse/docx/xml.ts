// Walks the XML of an Office document without building it: bounded in depth, stopped by its visitor, and no entity is ever expanded
// but the five of XML, so there is no bomb in a DTD.
import { Parser } from 'htmlparser2';
import { decodeText } from '../charset.ts';
import { ParseError } from '../parse-error.ts';

const MOST_DEPTH = 256;
const PART = 65_536;

export type Attributes = Readonly<Record<string, string>>;

export interface XmlVisitor {
  open(name: string, attributes: Attributes): void;
  text?(text: string): void;
  close?(name: string): void;
  /** True when nothing further is wanted. */
  full?(): boolean;
}

export function walkXml(bytes: Uint8Array, visitor: XmlVisitor): void {
  const { text } = decodeText(bytes, '', true);
  let depth = 0;
  let elements = 0;
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        elements++;
        if (++depth > MOST_DEPTH) throw new ParseError('document_too_large', 'the document nests too deep');
        visitor.open(name, attributes);
      },
      ontext: (part) => visitor.text?.(part),
      onclosetag: (name) => {
        depth--;
        visitor.close?.(name);
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  for (let at = 0; at < text.length && visitor.full?.() !== true; at += PART) parser.write(text.slice(at, at + PART));
  if (visitor.full?.() !== true) parser.end();
  if (elements === 0) throw new ParseError('document_broken', 'a part of the document is no XML');
}
