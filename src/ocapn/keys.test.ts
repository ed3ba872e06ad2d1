/** @module */
import { testEd25519 } from "./keys.conformance.ts";
import { makeNobleEd25519 } from "./keys.ts";

testEd25519("noble", makeNobleEd25519());
