// Words of a page or a PDF that a Markdown viewer must take for words: no tag and no image may arise from them.

/**
 * A backslash keeps `<` a character (CommonMark, "Backslash escapes"). Also at the end of a part: the letter that makes it a tag
 * may be the first of the next part.
 */
export function escapeTags(text: string): string {
  return text.replace(/<(?![\s\d=])/g, '\\<');
}

export function plainWords(text: string): string {
  return escapeTags(text).replaceAll('![', '!\\[');
}

/** A run of text inside Markdown: every sign that could open a construct is escaped. */
export function escapeMarkdown(text: string): string {
  return escapeTags(text.replace(/[\\`*_[\]]/g, '\\$&'));
}
