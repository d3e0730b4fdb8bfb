import { settingBounds } from '@mnist-monitor/shared';

const [minRate, maxRate] = settingBounds.learningRate;

/** A question that the viewer has not answered yet. */
export type Question = { about: 'stop' } | { about: 'rate'; text: string };

/** The effect of a key. */
export type KeyAction =
  | { do: 'nothing' | 'quit' | 'suspend' | 'pauseOrResume' | 'stop' | 'previous' | 'next' | 'cancel' }
  | { do: 'ask'; question: Question }
  | { do: 'setRate'; learningRate: number }
  | { do: 'reject'; message: string };

/** Ctrl-C. */
export const interrupt = '\x03';
const suspend = '\x1a';
const escapeKey = '\x1b';
const enter = ['\r', '\n'];
const backspace = ['\x7f', '\b'];

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character.
const keyPattern = /\x1b(?:\[[0-9;]*(?:[A-Za-z~]|$)|O(?:[A-Za-z]|$))?|[\s\S]/gu;
const beginningOfSequence = /^\x1b(?:\[[0-9;]*|O)?$/;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character.

/** The marks around pasted text. */
const [pasteStart, pasteEnd] = ['\x1b[200~', '\x1b[201~'];

/** Splits what a terminal sends into keys: escape sequences, such as those of the arrows, and single characters. */
export class KeyReader {
  #isPasted = false;
  /** The beginning of a sequence of which the rest has not arrived: a slow connection may deliver it in pieces. */
  #begun = '';

  /** Returns the keys in a text, without pasted ones: the letters of a pasted text must not be commands, except Ctrl-C. */
  read(text: string): string[] {
    const begun = this.#begun;
    const keys = `${begun}${text}`.match(keyPattern) ?? [];
    const last = keys.at(-1) ?? '';
    this.#begun = beginningOfSequence.test(last) ? last : '';
    // The Escape key alone looks like the beginning of a sequence, and is returned at once.
    if (begun === escapeKey && keys[0] === escapeKey) keys.shift();
    if (this.#begun !== '' && this.#begun !== escapeKey) keys.pop();
    return keys.filter((key) => {
      if (key === pasteStart || key === pasteEnd) this.#isPasted = key === pasteStart;
      return key === interrupt || (!this.#isPasted && key !== pasteEnd);
    });
  }
}

/** Returns the meaning of a key, which depends on the question that is open. */
export function actionOf(key: string, question: Question | undefined): KeyAction {
  if (key === interrupt) return { do: 'quit' };
  if (key === suspend) return { do: 'suspend' };
  if (question?.about === 'stop') return { do: key.toLowerCase() === 'y' ? 'stop' : 'cancel' };
  if (question) return answerRate(key, question.text);
  switch (key.toLowerCase()) {
    case 'q':
      return { do: 'quit' };
    case 'p':
    case ' ':
      return { do: 'pauseOrResume' };
    case 's':
      return { do: 'ask', question: { about: 'stop' } };
    case 'l':
      return { do: 'ask', question: { about: 'rate', text: '' } };
    case '\x1b[d':
    case '\x1bod':
      return { do: 'previous' };
    case '\x1b[c':
    case '\x1boc':
      return { do: 'next' };
    default:
      return { do: 'nothing' };
  }
}

function answerRate(key: string, text: string): KeyAction {
  if (key === escapeKey) return { do: 'cancel' };
  if (enter.includes(key)) {
    const learningRate = Number(text);
    if (text.trim() !== '' && learningRate >= minRate && learningRate <= maxRate)
      return { do: 'setRate', learningRate };
    return {
      do: 'reject',
      message: `The learning rate must be a number from ${minRate} to ${maxRate}, such as 0.01.`,
    };
  }
  if (backspace.includes(key)) return { do: 'ask', question: { about: 'rate', text: text.slice(0, -1) } };
  // Every character stays visible, so that a comma is not left out of a number.
  const typed = key.length === 1 && key >= ' ' ? key : '';
  return { do: 'ask', question: { about: 'rate', text: (text + typed).slice(0, 20) } };
}
