// The closed list of reasons why a document was not read.

export type ParseErrorCode =
  | 'unsupported_media_type'
  | 'media_type_mismatch'
  | 'document_encrypted'
  | 'document_broken'
  | 'document_too_large'
  | 'parse_timeout'
  | 'parse_failed'
  | 'parse_busy';

export class ParseError extends Error {
  override readonly name = 'ParseError';
  readonly code: ParseErrorCode;
  /** `detail` is ours alone: it never repeats a byte of the document. */
  constructor(code: ParseErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
