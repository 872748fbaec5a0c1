//! Which messages a consumer wants, as far as a queue entry can tell (Java
//! `ExpressionMessageFilter.isMatchedByConsumeQueue`; clients filter by the tag itself again).

use std::sync::Arc;

use turbopump_wire::java_hash::java_string_hash;

/// Hash codes of the wanted tags; none means every message.
#[derive(Clone, Debug, Default)]
pub(crate) struct TagFilter(Option<Arc<[i32]>>);

impl TagFilter {
    /// Of a subscription's codes.
    pub(crate) fn of_codes(codes: &Arc<[i32]>) -> Self {
        Self((!codes.is_empty()).then(|| codes.clone()))
    }

    /// Of an expression as a pull carries it: tags separated by `||`, `*` or nothing for all.
    pub(crate) fn of_expression(expression: &str) -> Self {
        let expression = expression.trim();
        if expression.is_empty() || expression == "*" {
            return Self::default();
        }
        let tags = expression.split("||").map(str::trim).filter(|tag| !tag.is_empty());
        let codes: Arc<[i32]> = tags.map(java_string_hash).collect();
        Self::of_codes(&codes)
    }

    pub(crate) fn takes_all(&self) -> bool {
        self.0.is_none()
    }

    /// The code of an entry is a 32 bit hash in 64 bits.
    pub(crate) fn takes(&self, tags_code: i64) -> bool {
        self.0.as_ref().is_none_or(|codes| codes.contains(&(tags_code as i32)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use turbopump_wire::java_hash::tags_code;

    #[test]
    fn an_expression_takes_its_tags_only() {
        let filter = TagFilter::of_expression("TagA || TagB");
        assert!(filter.takes(tags_code("TagA")) && filter.takes(tags_code("TagB")));
        assert!(!filter.takes(tags_code("TagC")) && !filter.takes(0));
    }

    #[test]
    fn star_nothing_and_an_empty_subscription_take_all() {
        for expression in ["*", "", " * "] {
            assert!(TagFilter::of_expression(expression).takes_all(), "{expression:?}");
        }
        assert!(TagFilter::of_codes(&Arc::from([])).takes(7));
    }

    #[test]
    fn a_negative_hash_is_found_sign_extended() {
        let tag = "polygenelubricants";
        assert!(tags_code(tag) < 0);
        assert!(TagFilter::of_expression(tag).takes(tags_code(tag)));
    }
}
