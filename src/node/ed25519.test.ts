/** @module */
import { testEd25519 } from "../ocapn/keys.conformance.ts";
import { makeNodeEd25519 } from "./ed25519.ts";

testEd25519("Node", makeNodeEd25519());
