import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../support/generate.js';
import { buildWithCargo, hasProgram } from '../support/tools.js';

export const rust = {
  name: 'Rust, with quicktype and serde',
  isAvailable: hasProgram('cargo'),
  distinguishes: ['empty'],
  async build(folder, messages) {
    const options = { visibility: 'public' };
    await generate(folder, { language: 'rust', file: 'messages.rs', options });
    writeFileSync(join(folder, 'main.rs'), mainOf(messages));
    return buildWithCargo(folder, {
      name: 'decode',
      dependencies: [
        'serde = { version = "1", features = ["derive"] }',
        'serde_json = { version = "1", features = ["float_roundtrip"] }',
      ],
    });
  },
};

const mainOf = (messages) => `#[allow(dead_code)]
mod messages;

type Written = Result<String, serde_json::Error>;

fn again<T: serde::de::DeserializeOwned + serde::Serialize>(text: &str) -> Written {
    serde_json::to_string(&serde_json::from_str::<T>(text)?)
}

fn own(text: &str) -> Written {
    let message: serde_json::Value = serde_json::from_str(text)?;
    match message["type"].as_str().unwrap_or("") {
${messages.map(({ type, name }) => `        "${type}" => again::<messages::${name}>(text),`).join('\n')}
        other => Ok(format!("refused: unknown type {other}")),
    }
}

fn main() {
    for line in std::io::stdin().lines() {
        let text = line.unwrap();
        for written in [own(&text), again::<messages::LiveGatewayMessage>(&text)] {
            println!("{}", written.unwrap_or_else(|error| format!("refused: {error}")));
        }
    }
}
`;
