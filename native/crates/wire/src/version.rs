//! Ordinals of `MQVersion` that behaviour depends on; larger ones count as newest.

/// `V3_0_11`: from here a register body is a `RegisterBrokerBody`.
pub const V3_0_11: i32 = 37;
/// `V3_1_8_SNAPSHOT`: from here a consumer answers running info.
pub const V3_1_8_SNAPSHOT: i32 = 62;
/// `V3_4_9`: from here `maxReconsumeTimes` of a request is honoured.
pub const V3_4_9: i32 = 121;
/// `V4_9_4`: from here routes are strict JSON.
pub const V4_9_4: i32 = 401;
/// `V5_0_0`: from here a compressed register body carries queue mappings.
pub const V5_0_0: i32 = 413;
/// `V5_3_1`: go-away answers are sent only above it.
pub const V5_3_1: i32 = 475;
/// `V5_3_3`: the version every frame of ours says.
pub const CURRENT: i32 = 479;
