import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../support/generate.js';
import { compile, hasProgram } from '../support/tools.js';

export const java = {
  name: 'Java, with quicktype and Jackson',
  isAvailable: hasProgram('javac') && hasProgram('mvn'),
  distinguishes: ['empty'],
  async build(folder, messages) {
    const sources = join(folder, 'messages');
    const options = { package: 'messages', 'array-type': 'list' };
    await generate(sources, { language: 'java', file: 'Converter.java', options });
    writeFileSync(join(folder, 'pom.xml'), pom);
    writeFileSync(join(folder, 'Decode.java'), mainOf(messages));
    await compile('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=libraries'], {
      cwd: folder,
    });
    const files = readdirSync(sources).map((name) => join('messages', name));
    await compile('javac', ['-cp', 'libraries/*', '-d', 'classes', 'Decode.java', ...files], { cwd: folder });
    return ['java', '-cp', [join(folder, 'classes'), join(folder, 'libraries/*')].join(':'), 'Decode'];
  },
};

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>interop</groupId>
  <artifactId>decode</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.fasterxml.jackson.core</groupId>
      <artifactId>jackson-databind</artifactId>
      <version>2.20.1</version>
    </dependency>
    <dependency>
      <groupId>com.fasterxml.jackson.datatype</groupId>
      <artifactId>jackson-datatype-jsr310</artifactId>
      <version>2.20.1</version>
    </dependency>
  </dependencies>
</project>
`;

/** Returns the name of the class of a definition. Java has a class `System`, for which quicktype chooses another name. */
const classOf = (name) => (name === 'System' ? 'PurpleSystem' : name);

const mainOf = (messages) => `import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import messages.Converter;

public class Decode {
    interface Decoder {
        String decode(String text) throws Exception;
    }

    static String own(String text) throws Exception {
        switch (new ObjectMapper().readTree(text).path("type").asText()) {
${messages.map(({ type, name }) => `            case "${type}": return ${again(classOf(name))};`).join('\n')}
            default: throw new IllegalArgumentException("unknown type");
        }
    }

    static String any(String text) throws Exception {
        return ${again('LiveGatewayMessage')};
    }

    public static void main(String[] args) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String text; (text = input.readLine()) != null;)
            for (Decoder decoder : new Decoder[] { Decode::own, Decode::any })
                try {
                    output.println(decoder.decode(text));
                } catch (Exception error) {
                    output.println("refused: " + error.getMessage().lines().findFirst().get());
                }
    }
}
`;

/** Returns an expression that decodes `text` as a class and writes it as JSON. */
const again = (name) => `Converter.${name}ToJsonString(Converter.${name}FromJsonString(text))`;
