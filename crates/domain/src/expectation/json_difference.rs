//! How one JSON value differs from another, in words.

use serde_json::Value;

/// More are counted, not told.
const TOLD: usize = 5;

/// Where `found` differs from `expected`, each with its place (JSON pointer); numbers may differ by `absolute` or by the
/// share `relative` of the expected one. At most six lines; the last counts the rest.
pub fn json_differences(
    expected: &Value,
    found: &Value,
    absolute: f64,
    relative: f64,
) -> Vec<String> {
    let mut search = Search {
        absolute,
        relative,
        told: Vec::new(),
        more: 0,
    };
    search.compare("", expected, found);
    if search.more > 0 {
        search.told.push(format!("and {} more", search.more));
    }
    search.told
}

struct Search {
    absolute: f64,
    relative: f64,
    told: Vec<String>,
    more: usize,
}

impl Search {
    fn compare(&mut self, place: &str, expected: &Value, found: &Value) {
        match (expected, found) {
            (Value::Object(left), Value::Object(right)) => {
                for (key, value) in left {
                    let inner = format!("{place}/{key}");
                    match right.get(key) {
                        Some(other) => self.compare(&inner, value, other),
                        None => self.tell(&inner, "is missing".to_owned()),
                    }
                }
                for key in right.keys().filter(|key| !left.contains_key(*key)) {
                    self.tell(&format!("{place}/{key}"), "is new".to_owned());
                }
            }
            (Value::Array(left), Value::Array(right)) => {
                if left.len() != right.len() {
                    let words = format!("has {} items, expected {}", right.len(), left.len());
                    self.tell(place, words);
                }
                for (index, (one, other)) in left.iter().zip(right).enumerate() {
                    self.compare(&format!("{place}/{index}"), one, other);
                }
            }
            (Value::Number(left), Value::Number(right)) => {
                if left != right && !self.near(left.as_f64(), right.as_f64()) {
                    self.tell(
                        place,
                        format!("is {right}, expected {left}{}", self.within()),
                    );
                }
            }
            (one, other) if one == other => {}
            (one, other) => {
                self.tell(
                    place,
                    format!("is {}, expected {}", short(other), short(one)),
                );
            }
        }
    }

    fn near(&self, expected: Option<f64>, found: Option<f64>) -> bool {
        match (expected, found) {
            (Some(expected), Some(found)) => {
                (expected - found).abs() <= self.absolute.max(self.relative * expected.abs())
            }
            _ => false,
        }
    }

    fn within(&self) -> String {
        match (self.absolute > 0.0, self.relative > 0.0) {
            (false, false) => String::new(),
            (true, false) => format!(" ± {}", self.absolute),
            (false, true) => format!(" ± {} %", percent(self.relative)),
            (true, true) => format!(" ± {} or {} %", self.absolute, percent(self.relative)),
        }
    }

    fn tell(&mut self, place: &str, words: String) {
        if self.told.len() == TOLD {
            self.more += 1;
            return;
        }
        self.told.push(if place.is_empty() {
            words
        } else {
            format!("`{place}` {words}")
        });
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    let start: String = text.chars().take(59).collect();
    format!("{start}…")
}

/// A share as it is written in `case.toml`, without the last digits of a product of floats.
fn percent(share: f64) -> f64 {
    (share * 1e14).round() / 1e12
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_compared_not_spellings() {
        assert!(json_differences(&json!(1), &json!(1.0), 0.0, 0.0).is_empty());
        assert!(
            json_differences(&json!({"a": 1, "b": 2}), &json!({"b": 2, "a": 1}), 0.0, 0.0)
                .is_empty()
        );
    }

    #[test]
    fn each_difference_has_its_place() {
        let expected = json!({"a": {"x": [1, 2.0, 3]}, "gone": true, "name": "left"});
        let found = json!({"a": {"x": [1, 2.5]}, "new": 1, "name": "right"});
        assert_eq!(
            json_differences(&expected, &found, 0.1, 0.0),
            [
                "`/a/x` has 2 items, expected 3",
                "`/a/x/1` is 2.5, expected 2.0 ± 0.1",
                "`/gone` is missing",
                "`/name` is \"right\", expected \"left\"",
                "`/new` is new",
            ]
        );
        let differences = json_differences(&json!(4), &json!(5), 0.0, 0.01);
        assert_eq!(differences, ["is 5, expected 4 ± 1 %"]);
        let small = json_differences(&json!(4), &json!(5), 0.0, 1e-6);
        assert_eq!(small, ["is 5, expected 4 ± 0.0001 %"]);
    }

    #[test]
    fn tolerances_hold_and_end() {
        let differs = |found: f64, absolute, relative| {
            !json_differences(&json!(100.0), &json!(found), absolute, relative).is_empty()
        };
        assert!(!differs(101.0, 1.0, 0.0) && differs(101.01, 1.0, 0.0));
        assert!(!differs(99.0, 0.0, 0.01) && differs(98.9, 0.0, 0.01));
    }

    #[test]
    fn many_are_counted() {
        let zeros: Vec<u32> = vec![0; 20];
        let ones: Vec<u32> = vec![1; 20];
        let told = json_differences(&json!(zeros), &json!(ones), 0.0, 0.0);
        assert_eq!((told.len(), told[5].as_str()), (6, "and 15 more"));
    }
}
