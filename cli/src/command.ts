// The shape of a command. Parsing and help are made from it, so that neither can say what the other does not.

export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What stands after it, in words; undefined for a switch. */
  readonly value?: string;
  readonly many?: boolean;
  readonly about: string;
}

export interface Input {
  /** The last value of a flag. */
  text(name: string): string | undefined;
  /** Every value of a flag that may stand more than once. */
  all(name: string): readonly string[];
  has(name: string): boolean;
  readonly words: readonly string[];
}

export interface Action {
  /** The words after it, as help shows them. */
  readonly usage: string;
  readonly about: string;
  readonly words: { readonly least: number; readonly most: number };
  readonly flags: readonly Flag[];
  /** Flags that only a heavy import knows: the server's settings. */
  readonly moreFlags?: () => Promise<readonly Flag[]>;
  /** True for what goes on when nobody reads its output any more. */
  readonly outlivesOutput?: boolean;
  /** Answers the exit status. */
  readonly run: (input: Input) => Promise<number>;
}

export interface Command {
  readonly name: string;
  readonly about: string;
  /** By the word after the command; the empty word is what the command does by itself. */
  readonly actions: Readonly<Record<string, Action>>;
  /** Lines that help shows below the flags. */
  readonly notes?: readonly string[];
}

export const DATA_FLAG: Flag = {
  name: 'data',
  value: 'DIR',
  about:
    'Data folder of the server: its first key and its address lie there. ~/.sallyport unless told (SALLYPORT_DATA).',
};

/** Of every command that talks to a server. There is none for a key: arguments are seen by every process. */
export const CONNECTION_FLAGS: readonly Flag[] = [
  DATA_FLAG,
  {
    name: 'url',
    value: 'URL',
    about: 'Address of the server (SALLYPORT_URL); otherwise what the data folder says, or http://127.0.0.1:4600.',
  },
];

export const JSON_FLAG: Flag = { name: 'json', about: 'Print JSON instead of text.' };

export const KEY_NOTES: readonly string[] = [
  'The key comes from SALLYPORT_API_KEY, or the file that SALLYPORT_API_KEY_FILE names, or DATA/first-key.',
];
