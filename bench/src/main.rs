//! Measures Visavis beside what people use instead.
fn main() {}
