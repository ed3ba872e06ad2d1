/**
 * What was sent through which reference, and what arrived: nothing twice, and through one reference at one object nothing out of order.
 *
 * @module
 */

/** What one object has seen: the last number of each channel. */
export type Seen = Map<number, number>;

export class Ledger {
  /** By message. */
  readonly #channels: number[] = [];
  readonly #numbers: number[] = [];
  readonly #arrived = new Set<number>();
  /** How many were sent, by channel. */
  readonly #sent: number[] = [];
  readonly #channelOf = new WeakMap<object, number>();

  /** A message is about to be sent through this reference: its identifier. */
  send(reference: object): number {
    const channel = this.#channel(reference);
    const number = (this.#sent[channel] ?? 0) + 1;
    this.#sent[channel] = number;
    this.#numbers.push(number);
    return this.#channels.push(channel) - 1;
  }

  #channel(reference: object): number {
    const known = this.#channelOf.get(reference);
    if (known !== undefined) return known;
    const channel = this.#sent.push(0) - 1;
    this.#channelOf.set(reference, channel);
    return channel;
  }

  /** What is sent through the second comes after what was sent through the first. */
  follow(first: object, second: object): void {
    if (!this.#channelOf.has(second)) this.#channelOf.set(second, this.#channel(first));
  }

  /** Throws for what must not be. */
  arrive(message: number, seen: Seen): void {
    if (this.#arrived.has(message)) throw new Error(`message ${message} arrived twice`);
    this.#arrived.add(message);
    const channel = this.#channels[message] as number;
    const number = this.#numbers[message] as number;
    const last = seen.get(channel) ?? 0;
    if (number < last)
      throw new Error(`message ${message}, number ${number} of channel ${channel}, arrived after number ${last}`);
    seen.set(channel, number);
  }

  get sentCount(): number {
    return this.#channels.length;
  }

  get arrivedCount(): number {
    return this.#arrived.size;
  }
}
