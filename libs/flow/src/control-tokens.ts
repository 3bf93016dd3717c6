// Marks by which a model tells turns, tools and system text apart (R24). Found by shape: the next model's tokens look like the last one's.

const OPEN = '(?:[<\\uff1c\\ufe64]|&lt;|&#0{0,6}60;|&#[xX]0{0,6}3[cC];)';
const BAR = '[|\\uff5c\\u2758\\ufe31]';
const NAME = '[a-z][a-z0-9]{0,30}';
const SPACED = '(?:[\\s/=>\\uff1e]|&gt;|$)';
const SINGLE =
  's|bos|eos|pad|unk|mask|cls|sep|system|assistant|user|human|developer|model|tool|tools|invoke|parameter|function|think|thinking|instructions?';

const TOKENS: readonly RegExp[] = [
  // <|im_start|>, <｜begin▁of▁sentence｜>
  new RegExp(`${OPEN}(?=\\/?${BAR})`, 'g'),
  new RegExp(`${BAR}(?=[>\\uff1e]|&gt;)`, 'g'),
  // <<SYS>>
  new RegExp(`${OPEN}(?=${OPEN}\\/?[a-z_]{2,20}(?:>|\\uff1e|&gt;){2})`, 'gi'),
  // <start_of_turn>, <tool_call name="x">: no HTML element has an underscore in its name
  new RegExp(`${OPEN}(?=\\/?(?:${NAME}:)?${NAME}_[a-z0-9_]{0,30}${SPACED})`, 'gi'),
  new RegExp(`${OPEN}(?=\\/?(?:${NAME}:)?(?:${SINGLE})${SPACED})`, 'gi'),
  new RegExp(`${OPEN}(?=\\/?untrusted-)`, 'gi'),
  // [INST], [/INST], [TOOL_CALLS], [AVAILABLE_TOOLS]
  /[[\uff3b](?=\/?(?:INST|SYS|THINK|ARGS|IMG|PREFIX|MIDDLE|SUFFIX|[A-Z]{2,20}_[A-Z_]{1,30})[\]\uff3d])/g,
  /[[\uff3b](?=\/?INST[\]\uff3d])/gi,
];
const TURN =
  /^([ \t#>*_]{0,12})(Human|Assistant|System|User|Developer|Tool|Function|Model|AI|Instructions?|Response)([ \t*_]{0,4})[:\uff1a]/gim;

function soften(mark: string): string {
  if (/^(?:[<\uff1c\ufe64]|&)/.test(mark)) return '\u2039';
  return mark === '[' || mark === '\uff3b' ? '\u27e6' : '\u00a6';
}

/** One pass: each mark becomes another string that reads the same. Linear: every pattern looks ahead a bounded way. */
export function neutralizeTokens(input: string): { readonly text: string; readonly count: number } {
  let count = 0;
  let text = input;
  for (const token of TOKENS)
    text = text.replace(token, (mark) => {
      count++;
      return soften(mark);
    });
  text = text.replace(TURN, (_all, before: string, word: string, after: string) => {
    count++;
    return `${before}${word}${after}\u2236`;
  });
  return { text, count };
}

/** For a text that would not come to rest: no character that could begin a mark is left. */
export function neutralizeEverySign(input: string): { readonly text: string; readonly count: number } {
  let count = 0;
  const text = input.replace(/[<\uff1c\ufe64[\uff3b&:\uff1a|\uff5c\u2758\ufe31]/g, (mark) => {
    count++;
    if (mark === '&') return '\uff06';
    return mark === ':' || mark === '\uff1a' ? '\u2236' : soften(mark);
  });
  return { text, count };
}
