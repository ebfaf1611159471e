"""The little linear algebra that measurement needs, on symmetric positive definite matrices."""

import math
from operator import mul

Matrix = list[list[float]]


def factor(matrix: Matrix) -> Matrix:
    """Cholesky's lower triangle, its rows cut at the diagonal. Raises ArithmeticError if `matrix` is not positive definite."""
    rows: Matrix = []
    for i, source in enumerate(matrix):
        row: list[float] = []
        for j in range(i):
            other = rows[j]
            row.append((source[j] - sum(map(mul, row, other))) / other[j])
        left = source[i] - sum(map(mul, row, row))
        if left <= 0:
            raise ArithmeticError("the matrix is not positive definite")
        row.append(math.sqrt(left))
        rows.append(row)
    return rows


def inverse(matrix: Matrix) -> Matrix:
    """The inverse of a symmetric positive definite matrix."""
    lower = factor(matrix)
    size = len(lower)
    # The columns of the inverse of the triangle, each from its diagonal down.
    columns: Matrix = []
    for j in range(size):
        column = [1 / lower[j][j]]
        for i in range(j + 1, size):
            row = lower[i]
            column.append(-sum(map(mul, row[j:i], column)) / row[i])
        columns.append(column)
    result: Matrix = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            result[i][j] = result[j][i] = sum(map(mul, columns[j][i - j :], columns[i]))
    return result


def product(matrix: Matrix, vector: list[float]) -> list[float]:
    """A matrix times a column."""
    return [sum(map(mul, row, vector)) for row in matrix]
