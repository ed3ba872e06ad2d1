/**
 * The prelude: guest code that is part of every JavaScript process. It is one function of `host` (the only way out) and
 * `mailbox` (memory that the host writes answers to); its result is the dispatcher that the driver calls.
 * @module
 */

import { PASSABLE_DEPTH_MAX, PASSABLE_SLOTS_MAX } from "../../../passable/index.ts";
import { ENGINE_STACK_BYTES, MAILBOX_BYTES } from "../limits.ts";
import {
  CONFINED_PREFIX,
  CONFINED_SHARE,
  DescriptorFlag,
  IMPORTER_ENDOWMENT,
  INTRINSICS,
  KNOWN_SYMBOLS,
  LINK_DEPTH_MAX,
  LINK_WAITING,
  LinkOp,
  LinkStatus,
  RELEASES_HELD_MAX,
  SHOWN_SYMBOLS,
} from "../link-protocol.ts";
import { DispatchEvent, HostOp, MAILBOX_CLASS_BYTES_MIN, Role, SERVICE_ERRORS, SignalStatus } from "../protocol.ts";
import { CAPABILITIES } from "./capabilities.ts";
import { CHILDREN } from "./children.ts";
import { DIRECT } from "./direct.ts";
import { DISPATCH } from "./dispatch.ts";
import { GLOBALS } from "./globals.ts";
import { LIBRARIES } from "./libraries.ts";
import { MEMBRANE } from "./membrane.ts";
import { MEMBRANE_TRAPS } from "./membrane-traps.ts";
import { MEMBRANE_VALUES } from "./membrane-values.ts";
import { PROMISES } from "./promises.ts";
import { VALUES } from "./values.ts";

/** What stack traces show for it. */
export const PRELUDE_NAME = "caper:prelude";

/** Raised when base.ts sets the engine up in another way. */
const BASE_REVISION = 2;

export const PRELUDE: string = [
  // Caches know a base image by the prelude: what else it depends on is named here.
  `// stack ${ENGINE_STACK_BYTES}, mailbox ${MAILBOX_BYTES}, base ${BASE_REVISION}`,
  '(function (host, mailbox) {\n"use strict";',
  `const PRELUDE_NAME = ${JSON.stringify(PRELUDE_NAME)};`,
  `const OP = ${JSON.stringify(HostOp)}, EVENT = ${JSON.stringify(DispatchEvent)};`,
  `const SERVICE_ERRORS = ${JSON.stringify(SERVICE_ERRORS)};`,
  `const DEPTH_AND_SLOTS = { depth: ${PASSABLE_DEPTH_MAX}, slots: ${PASSABLE_SLOTS_MAX} };`,
  `const ROLE = ${JSON.stringify(Role)}, SIGNAL = ${JSON.stringify(SignalStatus)}, MAILBOX_BYTES = ${MAILBOX_BYTES};`,
  `const LINK_OP = ${JSON.stringify(LinkOp)}, LINK_STATUS = ${JSON.stringify(LinkStatus)}, LINK_WAITING = ${LINK_WAITING};`,
  `const CONFINED_PREFIX = ${JSON.stringify(CONFINED_PREFIX)};`,
  `const DESCRIPTOR_FLAG = ${JSON.stringify(DescriptorFlag)}, LINK_DEPTH_MAX = ${LINK_DEPTH_MAX}, RELEASES_HELD_MAX = ${RELEASES_HELD_MAX}, CONFINED_SHARE = ${CONFINED_SHARE};`,
  `const KNOWN_SYMBOLS = ${JSON.stringify(KNOWN_SYMBOLS)}, SHOWN_SYMBOLS = ${JSON.stringify(SHOWN_SYMBOLS)};`,
  `const INTRINSICS = ${JSON.stringify(INTRINSICS)}, IMPORTER_ENDOWMENT = ${JSON.stringify(IMPORTER_ENDOWMENT)};`,
  `const CLASS_BYTES_MIN = ${MAILBOX_CLASS_BYTES_MIN};`,
  VALUES,
  CAPABILITIES,
  PROMISES,
  DIRECT,
  GLOBALS,
  MEMBRANE_VALUES,
  MEMBRANE_TRAPS,
  MEMBRANE,
  LIBRARIES,
  CHILDREN,
  DISPATCH,
  "})",
].join("\n");
