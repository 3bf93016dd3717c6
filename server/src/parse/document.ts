/** A document from outside as a model or a person may read it. */
export interface ReadableDocument {
  readonly title: string;
  readonly byline: string | null;
  readonly lang: string | null;
  /** As the document states it, ISO 8601; of a PDF or DOCX the day of its making. */
  readonly published: string | null;
  /** Markdown without images; pages of a PDF are parted by an empty line. */
  readonly markdown: string;
  /** Absolute http and https URLs, deduplicated, at most 500. */
  readonly links: readonly { readonly text: string; readonly url: string }[];
  readonly wordCount: number;
  /** `readable`: structure is kept as Markdown; `text`: the words alone. */
  readonly mode: 'readable' | 'text';
  /** Whether some of the document's text is missing from `markdown`. */
  readonly truncated: boolean;
  readonly charset: string;
  /** Pages of a PDF; null of anything else. */
  readonly pages: number | null;
}
