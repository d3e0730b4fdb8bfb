/** Formats an answer for people: a line for each value, indented by its depth. */
export const asText = (answer: object): string => `${linesOf(answer).join('\n')}\n`;

function linesOf(value: object, indent = ''): string[] {
  if (Array.isArray(value))
    return value.flatMap((each) => [`${indent}-`, ...linesOf(each as object, `${indent}  `)]);
  return Object.entries(value).flatMap(([name, each]) => {
    if (Array.isArray(each) && each.every((item) => typeof item !== 'object'))
      return [`${indent}${name}: ${each.join(', ')}`];
    if (typeof each === 'object' && each !== null)
      return [`${indent}${name}`, ...linesOf(each as object, `${indent}  `)];
    return [`${indent}${name}: ${each}`];
  });
}
