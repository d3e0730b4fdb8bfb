/**
 * Calls a function at an interval with all members of a group, while it has any. One timer serves all connections of an endpoint:
 * a timer for each would take 400 bytes, and would have to be refreshed by each message.
 */
export class SharedInterval<Member> {
  readonly #intervalMs: number;
  readonly #check: (members: ReadonlySet<Member>) => void;
  readonly #members = new Set<Member>();
  #timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number, check: (members: ReadonlySet<Member>) => void) {
    this.#intervalMs = intervalMs;
    this.#check = check;
  }

  add(member: Member): void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => this.#check(this.#members), this.#intervalMs);
  }

  remove(member: Member): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
