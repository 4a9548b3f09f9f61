module holding

go 1.19
