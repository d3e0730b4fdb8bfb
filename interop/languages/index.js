import { go } from './go.js';
import { java } from './java.js';
import { python } from './python.js';
import { rust } from './rust.js';
import { typescript } from './typescript.js';

/**
 * A program in each language that decodes messages with generated types. It reads a message from each line, and writes two lines:
 * the message decoded as the type of its own definition, and as `LiveGatewayMessage`, each as JSON again; or `refused` and the
 * reason. `build` returns the command that runs the program; its `messages` have the `type` and the name of the definition of each
 * message. `distinguishes` lists which values the generated types distinguish from an absent field: null, and empty lists and objects.
 */
export const languages = [go, java, python, rust, typescript];

/** Languages in which quicktype has to generate the types, without a compiler that tries them. */
export const languagesWithoutCompiler = ['csharp', 'kotlin', 'python', 'swift'];
