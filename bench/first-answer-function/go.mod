module first-answer-function

go 1.19
