/** A toy signature: what matters is that the secret is a legitimate argument. */
function sign(secretKey, text) {
  let state = 2166136261;
  for (const letter of secretKey + text) state = Math.imul(state ^ letter.charCodeAt(0), 16777619) >>> 0;
  return state.toString(16);
}

export class Connection {
  #endpoint;

  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  async sendTransaction(secretKey, transaction) {
    const signature = sign(secretKey, JSON.stringify(transaction));
    const response = await fetch(`${this.#endpoint}/rpc`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ transaction, signature }),
    });
    return (await response.json()).result;
  }
}
