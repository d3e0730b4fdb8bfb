import { settingBounds } from '@mnist-monitor/shared';

const [minRate, maxRate] = settingBounds.learningRate;

/** What the viewer is asked at the moment. */
export type Question = { about: 'stop' } | { about: 'rate'; text: string };

/** What a key does. */
export type KeyAction =
  | { do: 'nothing' | 'quit' | 'suspend' | 'pauseOrResume' | 'stop' | 'previous' | 'next' | 'cancel' }
  | { do: 'ask'; question: Question }
  | { do: 'setRate'; learningRate: number }
  | { do: 'reject'; message: string };

const interrupt = '\x03';
const suspend = '\x1a';
const escapeKey = '\x1b';
const enter = ['\r', '\n'];
const backspace = ['\x7f', '\b'];

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character.
const keyPattern = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])?|[\s\S]/gu;

/** Splits what a terminal sends at once into keys: escape sequences, such as those of the arrows, and single characters. */
export const keysOf = (text: string): string[] => text.match(keyPattern) ?? [];

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
    return { do: 'reject', message: `The learning rate must be a number from ${minRate} to ${maxRate}.` };
  }
  if (backspace.includes(key)) return { do: 'ask', question: { about: 'rate', text: text.slice(0, -1) } };
  const typed = key.replace(/[^0-9.eE-]/g, '');
  return { do: 'ask', question: { about: 'rate', text: (text + typed).slice(0, 20) } };
}
