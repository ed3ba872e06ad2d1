/**
 * Packages as far as they can be known without a registry: how they are named, what they ask for, what they may have.
 *
 * @module
 */
export {
  type Authority,
  type AuthorityChange,
  addTrial,
  auditPackage,
  diffAudit,
  type PackageAudit,
  type PackageFiles,
  type ProposalInit,
  proposePolicy,
  type TreeAudit,
} from "./audit.ts";
export { auditSource, type SourceAudit } from "./audit-source.ts";
export {
  formatPolicy,
  POLICY_FILE,
  POLICY_ITEMS_MAX,
  POLICY_LENGTH_MAX,
  POLICY_PACKAGES_MAX,
  POLICY_VERSION,
  POWER_NAMES,
  PolicyError,
  parsePolicy,
} from "./policy.ts";
export { type PackageSpecifier, packageNameOf, parseSpecifier, SPECIFIER_LENGTH_MAX } from "./specifier.ts";
