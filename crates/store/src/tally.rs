//! How many rows a list has for somebody, and in which hour its nth row was made: kept, never counted when somebody asks.
//!
//! Clients of the compatible API ask for the number of all rows with every page, and for pages by the number of rows to
//! skip. A million rows can be neither counted nor skipped in a moment; hours can. Whoever writes a row of such a list notes
//! it here in the same transaction.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite, Transaction};

use crate::database::Store;
use crate::error::StoreError;
use crate::page::Page;

/// Whose rows they are when everything counts.
pub(crate) const ALL: &str = "all";
/// Whose rows they are when everybody sees them.
pub(crate) const PUBLIC: &str = "public";
/// So many rows are skipped one by one.
const FEW: u64 = 100;

/// Rows that come or go.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// Which list.
    pub(crate) list: String,
    /// Who sees them.
    pub(crate) whose: String,
    /// Their hour, as [`hour`] gives it.
    pub(crate) hour: String,
    /// How many more there are.
    pub(crate) by: i64,
}

/// Where a page of a list begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// Rows that were made before this hour are skipped; empty: none.
    pub(crate) hour: String,
    /// Rows to be skipped from there on.
    pub(crate) skip: u64,
}

impl Start {
    /// Of a page among the first rows, for which nothing has to be looked up.
    fn near(page: Page) -> Option<Start> {
        (page.offset <= FEW).then(|| Start {
            hour: String::new(),
            skip: page.offset,
        })
    }

    /// No time is later than this.
    fn after_the_last() -> Start {
        Start {
            hour: "~".to_owned(),
            skip: 0,
        }
    }
}

/// The hour of a time as the database keeps it.
pub(crate) fn hour(created_at: &str) -> String {
    created_at.chars().take("2026-11-27T09".len()).collect()
}

/// Notes rows that come or go.
pub(crate) async fn note(
    change: &mut Transaction<'static, Sqlite>,
    rows: &[Change],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut text = QueryBuilder::new("INSERT INTO tally (list, whose, hour, rows) ");
    let both = rows
        .iter()
        .flat_map(|row| [(row, row.hour.as_str()), (row, "")]);
    text.push_values(both, |mut values, (row, hour)| {
        values
            .push_bind(&row.list)
            .push_bind(&row.whose)
            .push_bind(hour)
            .push_bind(row.by);
    });
    text.push(" ON CONFLICT (list, whose, hour) DO UPDATE SET rows = tally.rows + excluded.rows");
    text.build().execute(&mut **change).await?;
    Ok(())
}

impl Store {
    /// How many rows of a list these see together; what one of them sees, the others must not.
    pub(crate) async fn tally(
        &self,
        list: &str,
        whose: &[impl AsRef<str>],
    ) -> Result<u64, StoreError> {
        let mut text = QueryBuilder::new(
            "SELECT CAST(COALESCE(SUM(rows), 0) AS BIGINT) FROM tally WHERE hour = '' AND list = ",
        );
        text.push_bind(list);
        one_of(&mut text, whose);
        let count: i64 = text.build_query_scalar().fetch_one(self.read()).await?;
        Ok(count.unsigned_abs())
    }

    /// Where a page begins, oldest rows first.
    pub(crate) async fn start_of(
        &self,
        list: &str,
        whose: &[impl AsRef<str>],
        page: Page,
    ) -> Result<Start, StoreError> {
        if let Some(start) = Start::near(page) {
            return Ok(start);
        }
        let mut text = QueryBuilder::new(
            "SELECT hour, CAST(upto - here AS BIGINT) FROM
                 (SELECT hour, SUM(rows) AS here, SUM(SUM(rows)) OVER (ORDER BY hour) AS upto FROM tally
                  WHERE hour <> '' AND list = ",
        );
        text.push_bind(list);
        one_of(&mut text, whose);
        text.push(" GROUP BY hour) AS hours WHERE upto > ")
            .push_bind(page.columns().1)
            .push(" ORDER BY hour LIMIT 1");
        let found: Option<(String, i64)> =
            text.build_query_as().fetch_optional(self.read()).await?;
        Ok(match found {
            Some((hour, before)) => Start {
                hour,
                skip: page.offset - before.unsigned_abs(),
            },
            None => Start::after_the_last(),
        })
    }

    /// Where a page begins among the rows that are kept here and `others`, so many of each hour.
    pub(crate) async fn start_beside(
        &self,
        list: &str,
        whose: &[impl AsRef<str>],
        mut others: BTreeMap<String, u64>,
        page: Page,
    ) -> Result<Start, StoreError> {
        if let Some(start) = Start::near(page) {
            return Ok(start);
        }
        let mut text = QueryBuilder::new(
            "SELECT hour, CAST(SUM(rows) AS BIGINT) FROM tally WHERE hour <> '' AND list = ",
        );
        text.push_bind(list);
        one_of(&mut text, whose);
        text.push(" GROUP BY hour");
        let kept: Vec<(String, i64)> = text.build_query_as().fetch_all(self.read()).await?;
        for (hour, rows) in kept {
            *others.entry(hour).or_default() += rows.unsigned_abs();
        }
        Ok(start_in(&others, page.offset))
    }
}

/// Where a page begins in rows of which so many were made in each hour.
fn start_in(hours: &BTreeMap<String, u64>, offset: u64) -> Start {
    let mut before = 0;
    for (hour, rows) in hours {
        if before + rows > offset {
            return Start {
                hour: hour.clone(),
                skip: offset - before,
            };
        }
        before += rows;
    }
    Start::after_the_last()
}

fn one_of(text: &mut QueryBuilder<Sqlite>, whose: &[impl AsRef<str>]) {
    text.push(" AND whose IN (");
    let mut all = text.separated(", ");
    for one in whose {
        all.push_bind(one.as_ref().to_owned());
    }
    text.push(")");
}
