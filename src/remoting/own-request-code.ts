/**
 * Request codes that RocketMQ does not have. Below 32,768, so that the binary header carries them,
 * and far from RocketMQ's ranges (up to 3,010, and wrapped ones up to 3,543). A broker of RocketMQ
 * answers them with REQUEST_CODE_NOT_SUPPORTED.
 */
export const OwnRequestCode = {
  /** `action` is `start`, `look` or `repair`; the answer's body is the state as JSON. */
  VERIFY_STORE: 29_001,
} as const;
