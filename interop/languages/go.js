import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../support/generate.js';
import { compile, hasProgram } from '../support/tools.js';

export const go = {
  name: 'Go, with quicktype and encoding/json',
  isAvailable: hasProgram('go'),
  distinguishes: [],
  async build(folder, messages) {
    await generate(folder, { language: 'go', file: 'messages.go', options: { package: 'main' } });
    writeFileSync(join(folder, 'go.mod'), 'module decode\n\ngo 1.21\n');
    writeFileSync(join(folder, 'main.go'), mainOf(messages));
    const program = join(folder, 'decode');
    await compile('go', ['build', '-o', program, '.'], { cwd: folder, env: { GOFLAGS: '-mod=mod' } });
    return [program];
  },
};

const mainOf = (messages) => `package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

func own(text []byte) ([]byte, error) {
	var message struct{ Type string }
	if err := json.Unmarshal(text, &message); err != nil {
		return nil, err
	}
	switch message.Type {
${messages.map(({ type, name }) => `	case "${type}":\n${again(name)}`).join('\n')}
	}
	return nil, fmt.Errorf("unknown type %s", message.Type)
}

func any(text []byte) ([]byte, error) {
${again('LiveGatewayMessage')}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		for _, decode := range []func([]byte) ([]byte, error){own, any} {
			text, err := decode(lines.Bytes())
			if err != nil {
				text = []byte("refused: " + err.Error())
			}
			fmt.Println(string(text))
		}
	}
}
`;

/** Returns statements that decode `text` as a type and return it as JSON. */
const again = (name) => `		message, err := Unmarshal${name}(text)
		if err != nil {
			return nil, err
		}
		return message.Marshal()`;
