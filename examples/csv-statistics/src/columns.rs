use serde::Serialize;
use std::collections::HashSet;

/// What is known of one column: numbers if all of its values are, otherwise how many differ.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Column {
    #[serde(rename_all = "camelCase")]
    Number { name: String, empty: usize, min: f64, max: f64, mean: f64, median: f64 },
    Text { name: String, empty: usize, distinct: usize },
}

/// Reads a table whose first line names the columns.
pub fn statistics(table: &[u8], delimiter: u8) -> Result<(usize, Vec<Column>), csv::Error> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(table);
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut values: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    let mut rows = 0;
    for record in reader.records() {
        rows += 1;
        for (column, value) in values.iter_mut().zip(record?.iter()) {
            if !value.is_empty() {
                column.push(value.to_owned());
            }
        }
    }
    let columns = names.into_iter().zip(values).map(|(name, values)| column(name, rows, &values));
    Ok((rows, columns.collect()))
}

fn column(name: String, rows: usize, values: &[String]) -> Column {
    let empty = rows - values.len();
    let numbers: Result<Vec<f64>, _> = values.iter().map(|value| value.parse()).collect();
    match numbers {
        Ok(mut numbers) if !numbers.is_empty() => {
            numbers.sort_by(f64::total_cmp);
            let middle = numbers.len() / 2;
            let median = if numbers.len() % 2 == 1 {
                numbers[middle]
            } else {
                (numbers[middle - 1] + numbers[middle]) / 2.0
            };
            Column::Number {
                name,
                empty,
                min: numbers[0],
                max: numbers[numbers.len() - 1],
                mean: numbers.iter().sum::<f64>() / numbers.len() as f64,
                median,
            }
        }
        _ => Column::Text { name, empty, distinct: values.iter().collect::<HashSet<_>>().len() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_numbers_from_text() {
        let (rows, columns) = statistics(b"a;b\n1;x\n3;x\n;y\n", b';').unwrap();
        assert_eq!(rows, 3);
        let number = Column::Number { name: "a".into(), empty: 1, min: 1.0, max: 3.0, mean: 2.0, median: 2.0 };
        assert_eq!(columns, [number, Column::Text { name: "b".into(), empty: 0, distinct: 2 }]);
    }

    #[test]
    fn refuses_lines_of_other_lengths() {
        assert!(statistics(b"a,b\n1\n", b',').is_err());
    }
}
